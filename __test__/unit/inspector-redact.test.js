'use strict';

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { test } = require('node:test');
const { withoutPairValues } = require('../../lib/inspector/weakmap-pair.js');
const {
  KEY,
  STYLES,
  generator,
  randomGraph,
  realSnapshot,
  redactSlowly,
  scan,
  snapshotText,
} = require('./inspector-support.js');

/** Compares without printing megabytes. */
function assertSame(actual, expected, what) {
  if (actual.equals(expected)) return;
  let at = 0;
  while (actual[at] === expected[at]) at++;
  const around = (bytes) => bytes.subarray(Math.max(0, at - 60), at + 60).toString('latin1');
  assert.fail(`${what}: differs at ${at}:\n${around(actual)}\n${around(expected)}`);
}

test('as the oracle does, whatever the pieces', () => {
  for (let seed = 1; seed <= 80; seed++) {
    const text = snapshotText(randomGraph(seed), seed % 2 ? STYLES.old : STYLES.new);
    const bytes = Buffer.from(text);
    const expected = Buffer.from(redactSlowly(text));
    const { below } = generator(seed);
    const cuts = Array.from({ length: below(40) }, () => below(bytes.length)).sort((a, b) => a - b);
    assertSame(scan(bytes, cuts, KEY).bytes, expected, `seed ${seed}`);
  }
});

test('as the oracle does: every split into two, and byte by byte', () => {
  const graph = {
    nodes: [
      [
        2,
        5,
        1,
        0,
        [
          [2, 1, 1],
          [1, 5, 2],
        ],
      ],
      [2, 49, 3, 40, [[3, 2, 2]]],
      [6, 50, 5, 16, []],
      [2, 49, 7, 0, []],
    ],
    strings: Array.from({ length: 51 }, (_, i) => `s${i}`),
    functions: [[1, 3, 4, 0, 0, 0]],
  };
  for (const style of Object.values(STYLES)) {
    const text = snapshotText(graph, style);
    const bytes = Buffer.from(text);
    const expected = Buffer.from(redactSlowly(text));
    for (let cut = 0; cut <= bytes.length; cut++)
      assertSame(scan(bytes, [cut], KEY).bytes, expected, `cut at ${cut}`);
    const all = Array.from({ length: bytes.length - 1 }, (_, i) => i + 1);
    assertSame(scan(bytes, all, KEY).bytes, expected, 'byte by byte');
  }
});

test('by hand', () => {
  const nodes = [
    [
      3,
      1,
      1,
      8,
      [
        [2, 2, 1],
        [3, 3, 2],
      ],
    ],
    [2, 2, 3, 16, []],
    [6, 2, 5, 16, []],
  ];
  const pair = '1 / part of key (Object @61) -> value (hunter2 @268) pair in WeakMap (table @781)';
  const text = snapshotText({ nodes, strings: ['unused', 'Account', 'hunter2', pair] });
  const out = scan(Buffer.from(text), [], KEY).bytes.toString();
  assert.match(out, /"nodes":\[3,2,1,8,2,0,2,5,3,16,0,0,6,5,5,16,0,0\n\]/);
  assert.match(out, /"edges":\[2,4,6,3,6,12\n\]/);
  const strings = [
    ['', ''],
    ['Account', ''],
    // sha256sum of "0123456789abcdefhunter2"; the name of a property stays.
    ['hunter2', '<7 chars #ad04b95c5201>'],
    ['1 / part of key (* @61) -> value (* @268) pair in WeakMap (table @781)', ''],
  ];
  assert.deepEqual(JSON.parse(out).strings, strings.flat());
});

test('names of WeakMap pairs', () => {
  const pairs = {
    '3 / part of key (symbol @95) -> value (hunter2 @91) pair in WeakMap (table @97)':
      '3 / part of key (* @95) -> value (* @91) pair in WeakMap (table @97)',
    '1 / part of key ( @1) -> value ( @2) pair in WeakMap (table @3)':
      '1 / part of key (* @1) -> value (* @2) pair in WeakMap (table @3)',
    '1 / part of key (a @1) -> value (b @2) -> value (c @3) pair in WeakMap (table @4) pair in WeakMap (table @5) x @6) pair in WeakMap (table @7)':
      '1 / part of key (* @1) -> value (* @6) pair in WeakMap (table @7)',
    '12 / part of key (': '12 / part of key (*)',
    '12 / part of key (secret': '12 / part of key (*)',
    '12 / part of key (k @1) -> value (v @2) pair in WeakMap (table @3) ': '12 / part of key (*)',
    '12 / part of key (k @1) -> value (v @2) pair in WeakMap (table @)': '12 / part of key (*)',
    '12 / part of key (k @1) -> value (v @) pair in WeakMap (table @3)': '12 / part of key (*)',
    '12 / part of key (k @) -> value (v @2) pair in WeakMap (table @3)': '12 / part of key (*)',
    '12 / part of key (k @1) -> value (@2) pair in WeakMap (table @3)': '12 / part of key (*)',
  };
  for (const [name, expected] of Object.entries(pairs))
    assert.equal(withoutPairValues(name), expected);
  for (const name of [
    '',
    'table',
    ' / part of key (',
    'x3 / part of key (',
    '3 / part of key',
    '3',
  ]) {
    assert.equal(withoutPairValues(name), null);
  }
});

/** Secrets that no source text holds, in every place a string can be in. */
function plant() {
  const secret = () => randomBytes(12).toString('hex');
  const all = Array.from({ length: 9 }, secret);
  const weakKey = { weakKey: true };
  const whole = Buffer.from(`${'<'.repeat(40)}${all[3]}${'>'.repeat(40)}`).toString('latin1');
  process.env.RSPROF_UNIT_SECRET = all[0];
  globalThis.unitSecrets = {
    environment: process.env.RSPROF_UNIT_SECRET,
    password: all[1],
    concatenated: all[2] + all[1],
    sliced: whole.slice(40, 40 + all[3].length),
    map: new Map([[all[4], 1]]),
    weakKey,
    weakMap: new WeakMap([[weakKey, all[5]]]),
    pattern: new RegExp(`^${all[6]}$`),
    error: new Error(all[7]),
    code: new Function(`return '${all[8]}'`),
  };
  return all;
}

test("planted secrets are in V8's snapshot of this heap and not in the redacted one", () => {
  const secrets = plant();
  const plain = realSnapshot();
  const { bytes } = scan(plain, [plain.length >> 1], randomBytes(16));
  for (const [i, text] of secrets.entries()) {
    assert.ok(plain.includes(text), `secret ${i} is there at first`);
    assert.ok(!bytes.includes(text) && !bytes.includes(text.slice(0, 12)), `secret ${i} is gone`);
  }
  assert.ok(bytes.includes('unitSecrets') && bytes.includes('weakKey'), 'names stay');
  const [before, after] = [plain, bytes].map((text) => JSON.parse(text.toString('latin1')));
  assert.equal(after.strings.length, 2 * before.strings.length);
  assert.deepEqual(after.snapshot, before.snapshot);
  assert.deepEqual(after.locations, before.locations);
  assertSame(bytes.subarray(0, 100), plain.subarray(0, 100), 'the header');
  delete globalThis.unitSecrets;
});

test('a redacted snapshot is a valid one, with the same figures', () => {
  const plain = realSnapshot();
  const { bytes, ...figures } = scan(plain, [], KEY);
  const again = scan(bytes);
  assert.deepEqual({ ...again, bytes: undefined }, { ...figures, bytes: undefined });
});
