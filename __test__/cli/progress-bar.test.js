'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { ProgressBar, isLively } = require('../../lib/cli/progress-bar.js');
const { makeStyle } = require('../../lib/cli/style.js');

const CLEAR = '\r\u001b[K';

function makeBar() {
  const written = [];
  const bar = new ProgressBar({ write: (text) => written.push(text) }, makeStyle(false));
  return { bar, written };
}

test('only a terminal has a bar, and none in CI', () => {
  assert.equal(isLively({ isTTY: true }, {}), true);
  assert.equal(isLively({}, {}), false);
  assert.equal(isLively({ isTTY: true }, { CI: 'true' }), false);
  assert.equal(isLively({ isTTY: true }, { TERM: 'dumb' }), false);
  assert.equal(isLively({ isTTY: true }, { NO_COLOR: '1' }), true);
});

test('it draws over itself, not too often, and goes away', (t) => {
  const { bar, written } = makeBar();
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  bar.draw({ phase: 'reading', percent: 0 });
  bar.draw({ phase: 'reading', percent: 5 });
  now = 1000;
  bar.draw({ phase: 'dominators', percent: 50 });
  bar.clear();
  bar.clear();
  assert.equal(written.length, 3);
  const [first, second, last] = written.map((text) => text.split(CLEAR));
  assert.match(first[1], /^reading +░{30} +0 %$/);
  assert.match(second[1], /^dominators +█{15}░{15} +50 %$/);
  assert.deepEqual(last, ['', '']);
});

test('where nothing was drawn nothing is cleared', () => {
  const { bar, written } = makeBar();
  bar.clear();
  assert.deepEqual(written, []);
});
