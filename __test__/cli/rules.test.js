'use strict';

/** rules check on the command line. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { makeStyle } = require('../../lib/cli/style.js');
const { rulesText } = require('../../lib/cli/text/rules.js');
const { tempDir } = require('../support/tempdir.js');
const { cli } = require('./run.js');

const RULES = [
  { when: 'heapUsed > 80% of heapLimit for 30s', actions: ['heapSnapshot', 'analyze'] },
  {
    name: 'stuck',
    when: { any: ['stuck(5s)', 'cpu > 90% for 1m'] },
    actions: ['cpuProfile'],
    limits: { cooldown: '10m' },
    enabled: false,
  },
];

function fileOf(t, content) {
  const file = path.join(tempDir(t), 'rules.json');
  fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

test('rules that are right are told in words', async (t) => {
  const file = fileOf(t, { rules: RULES });
  const { code, stdout, stderr } = await cli('rules', 'check', file);
  assert.deepEqual([code, stderr], [0, '']);
  const lines = stdout.split('\n').map((line) => line.trim().replace(/ {2,}/g, '  '));
  for (const line of [
    `${file}: 2 rules, nothing is wrong`,
    'heapUsed-over-80pct-of-heapLimit-for-30s',
    'When  heapUsed above 80 % of heapLimit for 30 s',
    'Does  heapSnapshot, then analyze',
    'stuck  not enabled',
    'When  the event loop is stuck for 5 s or (cpu above 90 % for 1 min)',
  ]) {
    assert.ok(lines.includes(line), `${line} is missing in\n${stdout}`);
  }
  assert.match(stdout, /At most .*10 min apart/);
});

test('every rule that is wrong is told, with its place', async (t) => {
  const wrong = [{ when: 'heapUsed > 200ms', actions: ['analyze'] }, { wen: 'leak' }, RULES[1]];
  const { code, stdout, stderr } = await cli('rules', 'check', fileOf(t, { rules: wrong }));
  assert.deepEqual([code, stderr], [1, '']);
  assert.match(stdout, /: 2 problems; 1 rule without\n/);
  assert.match(stdout, /rules\[0\]\.when: bytes \(heapUsed\)/);
  assert.match(stdout, /\n( *)heapUsed > 200ms\n\1 {11}\^\n/);
  assert.match(stdout, /rules\[1\] has no 'wen'/);
});

test('JSON has the same, and no settings of actions', async (t) => {
  const secret = { type: 'webhook', url: 'https://user:hunter2@example.invalid/' };
  const file = fileOf(t, { rules: [...RULES, { name: 'told', when: 'leak', actions: [secret] }] });
  const { code, stdout } = await cli('rules', 'check', file, '--json');
  assert.doesNotMatch(stdout, /hunter2/);
  const { valid, problems, rules, history } = JSON.parse(stdout);
  assert.deepEqual([code, valid, problems, history], [0, true, [], null]);
  assert.equal(rules.length, 3);
  assert.deepEqual(rules[1].triggers, [{ kind: 'stuck', key: 'stuck:5000', ms: 5000 }]);
  assert.deepEqual(rules[1].actions, [{ type: 'cpuProfile', id: 'cpuProfile' }]);
  assert.equal(rules[1].when, '(stuck(5s)) or (cpu > 90% for 1m)');

  const broken = await cli('rules', 'check', fileOf(t, '{"rules": [}'), '--json');
  assert.equal(broken.code, 1);
  const answer = JSON.parse(broken.stdout);
  assert.equal(answer.valid, false);
  assert.match(answer.problems[0], /rules\.json:1:12: no JSON/);
});

test('nothing in a file acts on the terminal', async (t) => {
  const evil = '\u001b[31m\u202e\u0007';
  const rules = [
    { name: evil, when: 'leak', actions: ['analyze'] },
    { when: `cpu > ${evil}`, actions: ['analyze'] },
    { when: 'leak', actions: [evil] },
    { when: 'leak', actions: ['analyze'], [evil]: 1 },
  ];
  for (const args of [[], ['--json']]) {
    const { code, stdout } = await cli('rules', 'check', fileOf(t, { rules }), ...args);
    assert.equal(code, 1);
    for (const one of ['\u001b', '\u202e', '\u0007']) assert.ok(!stdout.includes(one), stdout);
  }
});

test('a problem keeps its lines, and nothing in them acts', () => {
  const checked = { file: 'rules.json', rules: [], problems: ['one\u001b[1m\n  two\u001b[2m'] };
  const text = rulesText(checked, { style: makeStyle(false), columns: 100 });
  assert.equal(text, 'rules.json: 1 problem\n\n  one\\x1b[1m\n    two\\x1b[2m\n');
});

test('wrong use and files that cannot be read end with 2', async (t) => {
  const uses = [
    [['rules'], /rules needs check and FILE/],
    [['rules', 'check'], /rules needs FILE/],
    [['rules', 'list', 'a'], /rules does not know list; there is: rules check FILE/],
    [['rules', 'check', 'a', 'b'], /does not take b/],
    [['rules', 'check', 'a', '--html', 'b'], /no option --html/],
    [['rules', 'check', path.join(tempDir(t), 'missing')], /ERR_RSPROF_NOT_FOUND/],
  ];
  for (const [args, message] of uses) {
    const { code, stdout, stderr } = await cli(...args);
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.match(stderr, message);
  }
  const { stdout } = await cli('rules', '--help');
  assert.match(stdout, /--history BLACKBOX/);
});

test('a dry run says when each would have fired, and what the limits kept away', () => {
  const at = Date.parse('2026-03-04T05:06:07.089Z');
  const firings = [{ rule: 'heap', at, reason: 'heapUsed 812 MB > 800 MB\u001b[31m' }];
  const skipped = new Array(3).fill({ rule: 'heap', at: at + 1000, reason: 'cooldown' });
  const history = { from: at, to: at + 60_000, samples: 61, firings, skipped };
  const look = { style: makeStyle(false), columns: 100 };
  const checked = { file: 'rules.json', rules: [], problems: [] };
  const text = rulesText({ ...checked, history }, look);
  assert.match(
    text,
    /Would have fired {2}2026-03-04 05:06:07Z to 2026-03-04 05:07:07Z, 61 readings/,
  );
  assert.match(text, /2026-03-04 05:06:07Z {2}heap {2}heapUsed 812 MB > 800 MB\\x1b\[31m/);
  assert.match(text, /heap +3 {2}cooldown/);
  const never = { ...history, firings: [], skipped: [] };
  assert.match(rulesText({ ...checked, history: never }, look), /\n {2}never\n$/);
  const empty = { ...never, from: null, to: null, samples: 0 };
  assert.match(rulesText({ ...checked, history: empty }, look), /\nThe black box has no readings/);
});
