'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { findJsonError } = require('../../lib/watch/json-error.js');
const { Rule, readRules } = require('../../lib/watch/rules.js');
const { readRulesFile } = require('../../lib/watch/rules-file.js');
const { invalidArgument } = require('../../lib/errors.js');
const { contextOf } = require('./conditions-support.js');
const { code, tempDir } = require('./support.js');

/** Actions and limits have modules and tests of their own: here it counts what is made of them, and where. */
function readActions(values, where) {
  if (!Array.isArray(values)) throw invalidArgument(`${where} must be an array`);
  return values.map((value, at) => {
    if (value === 'nonsense') throw invalidArgument(`${where}[${at}] must be an action`);
    return { type: String(value), id: String(value), settings: {} };
  });
}

function readLimits(value = {}, where) {
  if ('nonsense' in value) throw invalidArgument(`${where} has no 'nonsense'`);
  return { cooldown: 1, ...value };
}

const readRuleLimits = (value, where, base) => ({ ...base, ...readLimits(value, where) });

const how = { readActions, readRuleLimits, readLimits };
const actions = ['heapSnapshot'];
const rule = (fields) => ({ when: 'leak', actions, ...fields });
const read = (list, more) => readRules(list, 'rules', { ...how, ...more });

const refuses = (list, message) =>
  assert.throws(
    () => read(list),
    code('INVALID_ARG', (error) => message.test(error.message)),
    String(message),
  );

test('a rule is read with what belongs to it', () => {
  const [one, other] = read([
    rule({ name: 'heap', when: 'heapUsed > 1GB', limits: { cooldown: 5 }, enabled: false }),
    rule({ when: { any: ['leak', 'stuck(5s)'] }, actions: ['a', 'b'] }),
  ]);
  assert.ok(one instanceof Rule);
  assert.deepEqual([one.name, one.enabled, one.limits], ['heap', false, { cooldown: 5 }]);
  assert.deepEqual(one.actions, [{ type: 'heapSnapshot', id: 'heapSnapshot', settings: {} }]);
  assert.equal(one.when.evaluate(contextOf({ heapUsed: 2e9 })), true);
  assert.equal(one.when.evaluate(contextOf({ heapUsed: 1e9 })), false);
  assert.deepEqual([other.enabled, other.limits], [true, { cooldown: 1 }]);
  assert.deepEqual(
    other.actions.map(({ type }) => type),
    ['a', 'b'],
  );
  assert.equal(other.when.text, '(leak) or (stuck(5s))');
});

test('limits of the watcher stand for those that a rule does not have', () => {
  const [one] = read([rule()], { limits: { keep: 3 } });
  assert.deepEqual(one.limits, { keep: 3, cooldown: 1 });
});

test('a rule without a name is called after its condition, each by its own', () => {
  const whens = [
    'heapUsed > 80% of heapLimit for 30s',
    'leak',
    'leak',
    'slope(rss, 1h) > 100MB/h',
    '!(cpu<5%)',
    'at(03:30 UTC)',
    `cpu > 5%${' and cpu > 5%'.repeat(9)}`,
    `cpu > 5%${' and cpu > 5%'.repeat(9)}`,
  ];
  const rules = read([...whens.map((when) => rule({ when })), rule({ name: 'leak-2' })]);
  const names = rules.map(({ name }) => name);
  assert.deepEqual(names.slice(0, 6), [
    'heapUsed-over-80pct-of-heapLimit-for-30s',
    'leak',
    'leak-3',
    'slope-rss-1h-over-100MB-per-h',
    'cpu-under-5pct',
    'at-03-30-UTC',
  ]);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^[A-Za-z\d][\w.-]{0,63}$/);
});

test('what was read may be read again, once', () => {
  const rules = read([rule(), rule({ when: 'stuck' })]);
  assert.deepEqual(read(rules), rules);
  const [again, added] = read([rules[0], rule()]);
  assert.equal(again, rules[0]);
  assert.equal(added.name, 'leak-2');
  refuses(
    [rules[0], rules[0]],
    /^rules\[1\]\.name must be its own; rules\[0\] is called leak, too$/,
  );
});

test('errors name the field', () => {
  refuses(undefined, /^rules must be an array of rules; got undefined/);
  refuses({}, /^rules must be an array/);
  for (const value of [null, 5, 'leak', ['leak'], undefined]) {
    refuses([rule(), value], /^rules\[1\] must be a rule such as \{ when: 'heapUsed > 800MB'/);
  }
  refuses([rule({ wen: 1 })], /^rules\[0\] has no 'wen'; did you mean when\?/);
  refuses(
    [rule({ colour: 1 })],
    /^rules\[0\] has no 'colour'; it takes name, when, actions, limits, enabled/,
  );
  refuses(
    JSON.parse('[{"when":"leak","actions":[],"__proto__":{"enabled":false}}]'),
    /has no '__proto__'/,
  );
  refuses([{ actions }], /^rules\[0\]\.when is missing/);
  refuses([{ when: 'leak' }], /^rules\[0\]\.actions is missing/);
  refuses([rule(), rule({ when: 'rss > 5s' })], /^rules\[1\]\.when: bytes/);
  refuses(
    [rule({ when: { all: ['leak', 5] } })],
    /^rules\[0\]\.when\.all\[1\] must be a condition/,
  );
  refuses([rule({ actions: ['a', 'nonsense'] })], /^rules\[0\]\.actions\[1\] must be an action/);
  refuses([rule({ limits: { nonsense: 1 } })], /^rules\[0\]\.limits has no 'nonsense'/);
  refuses([rule({ enabled: 'no' })], /^rules\[0\]\.enabled must be true or false; got 'no'/);
  for (const name of [
    '',
    5,
    null,
    '.',
    '..',
    '-a',
    '__proto__',
    'a b',
    'a/b',
    'ä',
    'a\n',
    'a'.repeat(65),
  ]) {
    refuses([rule({ name })], /^rules\[0\]\.name must have 1 to 64 letters/);
  }
  refuses(
    [rule({ name: 'a' }), rule(), rule({ name: 'a' })],
    /^rules\[2\]\.name must be its own; rules\[0\] is/,
  );
  refuses(new Array(101).fill(rule()), /^rules has 101 rules; 100 are the most/);
});

test('with report, what is wrong with one does not hide what is wrong with the next', () => {
  const told = [];
  const report = ({ message }) => told.push(message);
  const list = [rule({ when: 'rss' }), rule(), rule({ nme: 1 }), rule({ when: 'stuck' })];
  assert.deepEqual(
    read(list, { report }).map(({ name }) => name),
    ['leak', 'stuck'],
  );
  assert.equal(told.length, 2);
  assert.match(told[0], /^rules\[0\]\.when/);
  assert.match(told[1], /^rules\[2\] has no 'nme'/);
  // A mistake of ours is not one of the rules.
  const broken = () => {
    throw new TypeError('broken');
  };
  assert.throws(() => read([rule()], { report, readActions: broken }), TypeError);
});

/** Writes `text` to a file and reads it as rules. */
function readText(t, text) {
  const file = path.join(tempDir(t), 'rules.json');
  fs.writeFileSync(file, text);
  return readRulesFile(file, how);
}

const refusesText = (t, text, message) =>
  assert.throws(
    () => readText(t, text),
    code('INVALID_ARG', (error) => message.test(error.message)),
    text.slice(0, 100),
  );

test('a file has rules and options', (t) => {
  const options = { dir: '/srv', limits: { keep: 5 }, dryRun: true, $schema: 'x' };
  const found = readText(t, `\ufeff${JSON.stringify({ ...options, rules: [rule()] })}`);
  const { rules, ...rest } = found;
  assert.deepEqual(rest, { dir: '/srv', limits: { keep: 5 }, dryRun: true });
  assert.equal(rules[0].name, 'leak');
  // Those of the file are the limits of its rules.
  assert.equal(rules[0].limits.keep, 5);
  assert.deepEqual(readText(t, '{}'), {});
});

test('what is wrong in a file is told with the file, and the place in it', (t) => {
  refusesText(
    t,
    '{\n  "rules": [\n    { "when": "leak", }\n  ]\n}',
    /rules\.json:3:23: no JSON: a name in double/,
  );
  refusesText(t, '', /rules\.json:1:1: no JSON: a value is expected, but it ends/);
  refusesText(
    t,
    '{"rules":[{"when":"rss > 5s","actions":[]}]}',
    /rules\.json: rules\[0\]\.when: bytes/,
  );
  refusesText(
    t,
    '{"rules":[], "limits": {"nonsense": 1}}',
    /rules\.json: limits has no 'nonsense'/,
  );
  refusesText(t, '{"rulez":[]}', /rules\.json has no "rulez"; did you mean rules\?/);
  refusesText(t, '{"__proto__":{"rules":[]}}', /has no "__proto__"/);
  refusesText(t, '[]', /an array; write \{ "rules": \[\.\.\.\] \}/);
  refusesText(t, 'null', /it holds null/);
  refusesText(t, '{"rules":5}', /rules\.json: rules must be an array/);
  refusesText(t, '['.repeat(1e6), /rules\.json:1:1000001: no JSON/);
  refusesText(t, ' '.repeat(2 ** 20 + 1), /larger than 1048576 bytes/);
  refusesText(t, '{"rules":[{"when":"leak\u0000","actions":[]}]}', /control character/);
});

test('what is no file of rules is a failure', { timeout: 20_000 }, (t) => {
  const dir = tempDir(t);
  const pipe = path.join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const failsWith = (file, name) => assert.throws(() => readRulesFile(file, how), code(name), file);
  failsWith(path.join(dir, 'missing'), 'NOT_FOUND');
  failsWith(dir, 'IS_DIRECTORY');
  // Would wait for a writer, or never end.
  failsWith(pipe, 'IO');
  failsWith('/dev/zero', 'IO');
});

const GOOD = '{"a": [1, -2.5e3, true, null, "x\\n\\u12aF\\""], "b": {"c": [[], {}]}, "d": ""}';

test('the place is found wherever JSON.parse refuses, and nowhere else', () => {
  const pieces = [...'{}[],:"\\ \n019.eE+-tn', '\u0001', '🎉', '//'];
  let refused = 0;
  for (let at = 0; at < GOOD.length; at++) {
    for (const piece of ['', ...pieces]) {
      for (const taken of [0, 1, 7]) {
        const text = GOOD.slice(0, at) + piece + GOOD.slice(at + taken);
        let isGood = true;
        try {
          JSON.parse(text);
        } catch {
          isGood = false;
          refused += 1;
        }
        assert.equal(findJsonError(text) === undefined, isGood, text);
      }
    }
  }
  assert.ok(refused > 1000);
  const table = [
    [
      '{\n  // why\n}',
      { line: 2, column: 3, message: 'a name in double quotes is expected; JSON has no comments' },
    ],
    ['[1 2]', { line: 1, column: 4, message: 'a comma or ] is expected' }],
    ['{"a" 1}', { line: 1, column: 6, message: 'a colon is expected' }],
    ["['a']", { line: 1, column: 2, message: 'a value is expected' }],
    ['["a\n"]', { line: 1, column: 4, message: 'a quote is missing' }],
    ['["\\x"]', { line: 1, column: 3, message: 'no such escape' }],
    ['{} {}', { line: 1, column: 4, message: 'nothing more is expected' }],
  ];
  for (const [text, place] of table) assert.deepEqual(findJsonError(text), place, text);
});
