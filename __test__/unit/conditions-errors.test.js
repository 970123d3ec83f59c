'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { parseCondition } = require('../../lib/watch/condition.js');
const { messageOf } = require('./conditions-support.js');

/** The text above which the caret stands, from the caret on. */
function pointedAt(message) {
  const [line, caret, ...rest] = message.split('\n').slice(1);
  assert.deepEqual(rest, []);
  assert.match(caret, /^ *\^$/);
  return line.slice(caret.length - 1);
}

test('what is wrong is told, with its place', () => {
  const table = [
    ['heapUsed > 200ms', /bytes \(heapUsed\) and a time \(200ms\) cannot be compared/, '200ms'],
    ['heapUsed > 800', /800 what\? Sizes have a unit, such as 800MB/, '800'],
    ['eventLoopDelay > 200', /Times have a unit, such as 200ms/, '200'],
    ['heapUsed > 80%', /80% of what\?.* 80% of heapLimit/, '80%'],
    ['fds > 90%', /90% of fdLimit/, '90%'],
    ['cpu > 90', /cpu is a share, of which 1 is 100 %; write 90% or 9000%/, '90'],
    ['slope(rss, 1h) > 100MB', /100MB in which time\? Write 100MB\/s/, '100MB'],
    ['requestRate > 5', /5 in which time\?/, '5'],
    ['slope(rss, 1h) > 5%/h', /cannot be compared/, '5%/h'],
    ['rss + cpu > 1GB', /cannot be added/, 'cpu > 1GB'],
    ['rss * rss * rss > 1', /measures nothing/, 'rss * rss * rss > 1'],
    [
      'cpu > 5% and heapUsed',
      /heapUsed is a number, not a condition.*heapUsed > 800MB/,
      'heapUsed',
    ],
    ['(cpu > 5%) > 3', /a number is needed here/, '(cpu > 5%) > 3'],
    ['1 < 2', /is the same at any time/, '1 < 2'],
    ['heapUsed > 800M', /no unit M; write MB/, 'M'],
    ['heapUsed > 8 apples', /no unit apples; the units are/, 'apples'],
    ['1GB < rss < 2GB', /join two with and/, '< 2GB'],
    ['cpu = 5', /write ==/, '= 5'],
    ['cpu === 5', /write ==/, '=== 5'],
    ['cpu > 90% for 5', /for needs a time such as 30s/, '5'],
    ['cpu > 90% for 2d', /from 1 ms to 1 d/, '2d'],
    ['mean(cpu) > 5%', /takes one reading and a window/, ') > 5%'],
    ['mean(leak, 5m) > 5%', /takes a reading; there is no leak/, 'leak, 5m) > 5%'],
    ['slope(rss, 3d) > 1MB/h', /a window needs a time/, '3d) > 1MB/h'],
    ['heapUsed > 800MB and', /the condition ends where/, ''],
    ['heapUsed > > 5', /> stands where a reading/, '> 5'],
    ['(cpu > 5%', /a closing parenthesis is missing/, ''],
    ['cpu > 5%) or leak', /\) is not expected here/, ') or leak'],
    ['cpu > 5% cpu', /cpu is not expected here/, 'cpu'],
    ['leak(20%)', /a confidence from 50%/, '20%)'],
    ['leak(100%)', /a confidence from 50%/, '100%)'],
    ['every(1)', /every\(\) needs a time/, '1)'],
    ['every(100d)', /to 24 d/, '100d)'],
    ['at(24:00)', /no day has a 24:00/, '24:00)'],
    ['at(03:30 CET)', /local time, or UTC/, 'CET)'],
    ['03:30', /written at\(03:30\)/, '03:30'],
    ['stuck for 5s', /does not last; write stuck\(5s\)/, '5s'],
    ['cpu > 5% or not every(1h)', /not does not go with an event/, 'not every(1h)'],
    ['(signal(SIGUSR2) and leak) for 5m', /does not last/, '5m'],
    ['cpu > 5% ; leak', /this character means nothing/, '; leak'],
  ];
  for (const [text, message, place] of table) {
    const said = messageOf(text);
    assert.match(said, /^rules\[1\]\.when: /);
    assert.match(said, message, text);
    assert.equal(pointedAt(said), place, text);
  }
  assert.equal(messageOf(' \n'), 'rules[1].when: the condition is empty');
});

test('of a long condition the place and its surroundings are shown', () => {
  const said = messageOf(`${'cpu > 5% and '.repeat(50)}rss > 5s${' or leak'.repeat(50)}`);
  const [, line, caret] = said.split('\n');
  assert.ok(line.length < 100, line);
  assert.equal(line.slice(caret.length - 1).slice(0, 2), '5s');
  assert.match(line, /^ {4}….*…$/);
});

test('the nearest name is suggested', () => {
  const table = [
    ['@heap_used / @heap_limit > 0.8', /no reading @heap_used; did you mean heapUsed\?/],
    ['heap_limit > 5GB', /did you mean heapLimit\?/],
    ['RSS > 1GB', /did you mean rss\?/],
    ['heapused > 1GB', /did you mean heapUsed\?/],
    ['evntLoopDelay > 5s', /did you mean eventLoopDelay/],
    ['limit > 5', /did you mean .*heapLimit/],
    ['lag > 5s', /did you mean eventLoopDelay\?/],
    ['ELU > 5%', /did you mean eventLoopUtilization\?/],
    ['slop(rss, 1h) > 1MB/h', /did you mean slope\?/],
    ['slope(RSS, 1h) > 1MB/h', /there is no RSS; did you mean rss\?/],
    ['floorTime > 5h', /did you mean floorAge\?/],
    ['qwertzuiop > 5', /some are heapUsed/],
    ['__proto__ > 5', /no reading __proto__/],
    ['constructor > 5', /no reading constructor/],
    ['mean(hasOwnProperty, 1m) > 5', /there is no hasOwnProperty/],
  ];
  for (const [text, message] of table) assert.match(messageOf(text), message, text);
});

test('signals that a program must not listen to are refused, with the reason', () => {
  const table = [
    ['SIGKILL', /no process can listen/],
    ['SIGSTOP', /no process can listen/],
    ['SIGUSR1', /inspector/],
    ['SIGPROF', /CPU profiler/],
    ['SIGSEGV', /crash/],
    ['SIGTERM', /ends a process on purpose/],
    ['SIGCHLD', /child processes/],
    ['SIGFOO', /no signal SIGFOO/],
    ['toString', /no signal TOSTRING/],
  ];
  for (const [name, reason] of table) {
    const said = messageOf(`signal(${name})`);
    assert.match(said, reason);
    assert.match(said, /choose SIGUSR2/);
    assert.equal(pointedAt(said), `${name})`);
  }
  const { signals } = require('node:os').constants;
  const allowed = Object.keys(signals).filter((name) => {
    try {
      return parseCondition(`signal(${name})`);
    } catch {
      return false;
    }
  });
  // On Linux; others have fewer.
  const known = 'SIGALRM SIGCONT SIGIO SIGPWR SIGURG SIGUSR2 SIGVTALRM SIGWINCH'.split(' ');
  assert.deepEqual(
    allowed.filter((name) => !known.includes(name)),
    [],
  );
  assert.ok(allowed.includes('SIGUSR2'));
});

test('hostile texts are errors, soon', () => {
  const many = '('.repeat(10_000);
  const texts = [
    many,
    `${'('.repeat(900)}cpu > 5%${')'.repeat(900)}`,
    `${'not '.repeat(400)}leak`,
    `${'-'.repeat(1900)}cpu > 5%`,
    `${'5% of '.repeat(300)}rss > 1B`,
    'a'.repeat(1 << 20),
    `${'cpu > 5% or '.repeat(100_000)}leak`,
    `${'cpu+'.repeat(480)}cpu > 5%`,
    'heapUsed > 8\u000000MB',
    'heapUsed > 🎉',
    '\ud800',
    'cpu > 5%\u202e',
    '５ > cpu',
  ];
  for (const text of texts) {
    const said = messageOf(text);
    assert.ok(said.length < 1000, said);
    assert.doesNotMatch(said, /[\0\u202e\ud800]/u);
  }
  let deep = 'leak';
  for (let level = 0; level < 10_000; level++) deep = { not: deep };
  assert.match(messageOf(deep), /levels deep/);
  const cycle = { any: [] };
  cycle.any.push(cycle, cycle);
  assert.match(messageOf(cycle), /levels deep/);
  assert.match(messageOf(JSON.parse('{"__proto__": ["leak"]}')), /it has '__proto__'/);
  assert.match(messageOf({ any: new Array(600).fill('leak') }), /at most 500 parts/);
});
