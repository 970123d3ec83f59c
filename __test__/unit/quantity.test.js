'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const {
  parseDuration,
  parseShare,
  parseSize,
  spellDuration,
} = require('../../lib/watch/quantity.js');

test('durations: seconds as numbers, units in texts', () => {
  const expected = new Map([
    [0, 0],
    [30, 30_000],
    [0.5, 500],
    ['500ms', 500],
    ['30s', 30_000],
    ['30 sec', 30_000],
    ['5m', 300_000],
    ['5 min', 300_000],
    ['1h', 3_600_000],
    ['1.5 H', 5_400_000],
    ['1h 30m', 5_400_000],
    ['1h30m10s', 5_410_000],
    [' 2d ', 172_800_000],
    ['1w', 604_800_000],
  ]);
  for (const [value, ms] of expected) assert.equal(parseDuration(value), ms, String(value));
});

test('what is no duration', () => {
  const wrong = ['', ' ', '30', 'h', '1x', '-1s', '1h 30', '1h,30m', 'constructor', '1constructor'];
  const others = [-1, Number.NaN, Infinity, null, undefined, true, [], {}, `${'9'.repeat(400)}h`];
  for (const value of [...wrong, ...others]) {
    assert.equal(parseDuration(value), undefined, String(value));
  }
});

test('sizes: bytes as numbers, powers of 1024 in texts', () => {
  const expected = new Map([
    [0, 0],
    [4096, 4096],
    ['4096', 4096],
    ['2GB', 2 ** 31],
    ['1.5 gib', 1.5 * 2 ** 30],
    ['300k', 300 * 1024],
  ]);
  for (const [value, bytes] of expected) assert.equal(parseSize(value), bytes, String(value));
  for (const value of [
    -1,
    Number.NaN,
    Infinity,
    '',
    '2 XB',
    '10%',
    '-1',
    null,
    {},
    '9'.repeat(400),
  ])
    assert.equal(parseSize(value), undefined, String(value));
});

test('shares', () => {
  assert.equal(parseShare('10%'), 0.1);
  assert.equal(parseShare(' 2.5 % '), 0.025);
  assert.equal(parseShare('100%'), 1);
  for (const value of ['101%', '%', '10', 10, '-1%', null])
    assert.equal(parseShare(value), undefined, String(value));
});

test('durations are spelled in one unit', () => {
  const expected = [
    [0, '0 ms'],
    [-5, '0 ms'],
    [250, '250 ms'],
    [30_000, '30 s'],
    [90_000, '90 s'],
    [150_000, '2.5 min'],
    [3_600_000, '1 h'],
    [5_400_000, '90 min'],
    [86_400_000, '24 h'],
    [7 * 86_400_000, '7 days'],
  ];
  for (const [ms, text] of expected) assert.equal(spellDuration(ms), text);
});
