'use strict';

/** Numbers, axes and texts of the page. */

const assert = require('node:assert/strict');
const test = require('node:test');

const { amount, clock, count, duration, size } = require('../../web/profiler-format.js');
const { timeTicks, valueAxis } = require('../../web/profiler-scale.js');
const { chooseLanguage, texts } = require('../../web/profiler-texts.js');
const en = require('../../web/texts-en.js');
const zh = require('../../web/texts-zh.js');

texts.use('en', en);

const MB = 2 ** 20;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** As it is read: no line breaks between a number and its unit. */
const plain = (text) => text.replaceAll('\u00a0', ' ');

test('sizes have no digits that nobody reads', () => {
  const sizes = [0, 1023, 1024, 8.34 * MB, 41.7 * MB, 412.2 * MB, 1023.6 * MB, 1.372 * 1024 * MB];
  const expected = ['0 B', '1023 B', '1 kB', '8.3 MB', '42 MB', '412 MB', '1 GB', '1.37 GB'];
  assert.deepEqual(
    sizes.map((one) => plain(size(one))),
    expected,
  );
  assert.equal(plain(size(-3 * MB)), '-3 MB');
});

test('durations are of two units at the most, and never 60 of one', () => {
  const cases = [
    [-3, '0 ms'],
    [0.42, '0.4 ms'],
    [812.3, '812 ms'],
    [999.7, '1 s'],
    [2300, '2.3 s'],
    [59_400, '59 s'],
    [59_700, '1 min'],
    [90 * SECOND, '1 min 30 s'],
    [119.7 * SECOND, '2 min'],
    [HOUR - 400, '1 h'],
    [3 * HOUR + 12 * MINUTE, '3 h 12 min'],
    [50 * HOUR, '2 d 2 h'],
    [24 * HOUR, '1 d'],
  ];
  for (const [ms, text] of cases) assert.equal(plain(duration(ms)), text, `${ms} ms`);
});

test('what is not known is a dash, in every unit', () => {
  for (const unit of ['bytes', 'ms', 'ratio', 'count', 'perSecond']) {
    for (const value of [null, undefined, Number.NaN, Infinity]) {
      assert.equal(amount(unit, value), '–');
    }
  }
  assert.equal(plain(amount('ratio', 0.284)), '28 %');
  assert.equal(amount('perSecond', 1420.2), '1,420/s');
  assert.equal(count(8.25), '8.3');
  assert.equal(count(1234567), '1,234,567');
});

test('the day is said when it is another one', () => {
  const now = new Date(2025, 10, 22, 3, 5).getTime();
  assert.equal(clock(new Date(2025, 10, 22, 0, 7).getTime(), {}, now), '00:07');
  assert.match(clock(new Date(2025, 10, 21, 23, 50).getTime(), {}, now), /21.*23:50/);
});

test('an axis begins at 0, is round, and holds what is shown', () => {
  for (const unit of ['bytes', 'ms', 'ratio', 'count']) {
    for (const greatest of [0, 0.3, 1, 7, 95, 101, 4096, 1e6, 1.43 * 2 ** 30]) {
      const { top, ticks } = valueAxis(greatest, unit);
      assert.ok(top >= greatest, `${unit} ${greatest}: ${top}`);
      assert.equal(ticks[0], 0);
      assert.equal(ticks.at(-1), top);
      assert.ok(ticks.length >= 2 && ticks.length <= 4, `${unit} ${greatest}: ${ticks}`);
    }
  }
  assert.deepEqual(valueAxis(380 * MB, 'bytes').ticks, [0, 128 * MB, 256 * MB, 384 * MB]);
  assert.deepEqual(valueAxis(47, 'ms').ticks, [0, 20, 40, 60]);
  assert.deepEqual(valueAxis(3, 'count').ticks, [0, 2, 4]);
});

test('lines of time are full minutes and hours of the wall clock', () => {
  const to = Date.UTC(2025, 10, 22, 3, 4, 31);
  assert.deepEqual(
    timeTicks(to - 5 * MINUTE, to, 6, 0),
    [0, 1, 2, 3, 4].map((minute) => Date.UTC(2025, 10, 22, 3, minute)),
  );
  const india = timeTicks(to - 24 * HOUR, to, 4, -330).map((one) => new Date(one).toISOString());
  // Midnight there.
  assert.ok(india.includes('2025-11-21T18:30:00.000Z'), india.join());
  for (const most of [2, 3, 5, 9]) {
    const ticks = timeTicks(to - HOUR, to, most, 0);
    assert.ok(ticks.length > 0 && ticks.length <= most + 1, `${most}: ${ticks.length}`);
  }
});

test('both languages say everything, with the same values', () => {
  const values = (text) => [...new Set(text.match(/\{\w+/g))].sort();
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en)) {
    assert.deepEqual(values(zh[key]), values(en[key]), key);
    assert.notEqual(zh[key], '', key);
  }
});

test('texts take values and plurals; what nobody wrote is its key', () => {
  assert.equal(texts('capturesSum', { n: 1, used: '3 MB' }), '1 file, 3 MB');
  assert.equal(texts('capturesSum', { n: 40, used: '1 GB' }), '40 files, 1 GB');
  assert.equal(texts('limit', {}), 'limit ');
  assert.equal(texts('kind.somethingNew'), 'kind.somethingNew');
});

test('the language is the first that we have', () => {
  assert.equal(chooseLanguage(['fr', 'zh-TW', 'en']), 'zh');
  assert.equal(chooseLanguage(['en-GB', 'zh']), 'en');
  assert.equal(chooseLanguage(['fr', 'toString']), 'en');
  assert.equal(chooseLanguage([]), 'en');
});
