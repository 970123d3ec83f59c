'use strict';

/** The readings, marks and ways of the page. */

const assert = require('node:assert/strict');
const test = require('node:test');

const { CHARTS, levelsOf } = require('../../web/profiler-levels.js');
const { markNear, marksOf } = require('../../web/profiler-marks.js');
const { Readings } = require('../../web/profiler-readings.js');
const { routeOf } = require('../../web/profiler-route.js');
const { texts } = require('../../web/profiler-texts.js');
const { METRICS } = require('../../lib/watch/metrics.js');

texts.use('en', require('../../web/texts-en.js'));

const T0 = Date.UTC(2025, 10, 22, 3, 0);
const second = (at) => T0 + at * 1000;

function readingsOf(rows, windowMs = 300_000) {
  const readings = new Readings(windowMs);
  for (const [at, values] of rows) readings.append({ time: second(at), values });
  return readings;
}

test('a reading is added once, and a column that comes later is unknown before', () => {
  const readings = readingsOf([
    [0, { rss: 1 }],
    [1, { rss: 2, cpu: 0.5 }],
    [1, { rss: 9 }],
    [0.5, { rss: 9 }],
    [2, { cpu: 0.7 }],
  ]);
  assert.deepEqual(readings.values, { rss: [1, 2, null], cpu: [null, 0.5, 0.7] });
  assert.equal(readings.last('rss'), 2);
  assert.ok(Number.isNaN(readings.last('fds')));
  assert.ok(Math.abs(readings.recent('cpu') - 0.6) < 1e-9);
});

test('what has left the window is forgotten', () => {
  const readings = readingsOf([], 10_000);
  for (let at = 0; at < 500; at++) readings.append({ time: second(at), values: { rss: at } });
  assert.ok(readings.time.length < 80, String(readings.time.length));
  assert.equal(readings.values.rss.length, readings.time.length);
  assert.deepEqual(readings.range('rss'), [489, 499]);
});

test('lines break where nothing is known, and where nobody read', () => {
  const readings = readingsOf([
    [0, { a: 1 }],
    [1, { a: 2 }],
    [2, { a: null }],
    [3, { a: 3 }],
    [30, { a: 4 }],
  ]);
  const indexes = readings.runs('a').map((run) => run.map(([at]) => at));
  assert.deepEqual(indexes, [[0, 1], [3], [4]]);
});

test('a stack stands on what is below it; what is unknown below counts as nothing', () => {
  const readings = readingsOf([
    [0, { a: 1, b: 10 }],
    [1, { a: null, b: 20 }],
  ]);
  assert.deepEqual(readings.runs('b', ['a']), [
    [
      [0, 1, 11],
      [1, 0, 20],
    ],
  ]);
});

test('the reading at a time is the closest one, and none within a gap', () => {
  const readings = readingsOf([0, 1, 2, 60].map((at) => [at, { a: at }]));
  assert.equal(readings.nearest(second(0.9)), 1);
  assert.equal(readings.nearest(second(-1)), 0);
  assert.equal(readings.nearest(second(61)), 3);
  assert.equal(readings.nearest(second(30)), -1);
});

const iso = (at) => new Date(second(at)).toISOString();

const CAPTURES = [
  { kind: 'cpuProfile', startedAt: iso(50), reason: 'rule leak' },
  { kind: 'report', startedAt: iso(-5), reason: null },
];

test('captures and what the watcher did in the window are marks', () => {
  const status = {
    marks: [
      { time: second(49), kind: 'fire', rule: 'leak', text: 'rule leak: it rises' },
      { time: second(20), kind: 'skip', rule: 'cpu', text: 'rule cpu skipped' },
      { time: second(61), kind: 'stuck', rule: null, text: 'too late' },
    ],
  };
  const marks = marksOf(status, CAPTURES, second(0), second(60));
  assert.deepEqual(marks, [
    { time: second(49), isCapture: false, text: 'rule leak: it rises' },
    { time: second(50), isCapture: true, text: 'CPU profile · rule leak' },
  ]);
  assert.equal(markNear(marks, second(49.7), 1000), marks[1]);
  assert.equal(markNear(marks, second(49.2), 1000), marks[0]);
  assert.equal(markNear(marks, second(30), 1000), undefined);
});

test('without them the last firing of each rule is a mark', () => {
  const rules = [
    { name: 'heap', lastFiredAt: iso(10) },
    { name: 'cpu', lastFiredAt: null },
  ];
  const marks = marksOf({ watcher: { rules } }, [], second(0), second(60));
  assert.deepEqual(marks, [{ time: second(10), isCapture: false, text: 'heap' }]);
  assert.deepEqual(marksOf({ watcher: null }, [], second(0), second(60)), []);
});

test('every metric that is drawn is one that is read', () => {
  const units = Object.fromEntries(METRICS.map(({ name, unit }) => [name, unit]));
  for (const { guarded, limits, unit, name } of CHARTS) {
    for (const metric of [...guarded, ...limits]) {
      // A rate and a number share an axis.
      assert.equal(units[metric]?.replace('perSecond', 'count'), unit, `${name}: ${metric}`);
    }
  }
});

test('thresholds belong to the chart of their metric, ceilings to theirs', () => {
  const readings = readingsOf([[0, { heapLimit: 2 ** 31, memoryLimit: null }]]);
  const thresholds = [
    { metric: 'heapUsed', operator: '>', value: 2 ** 30, rule: 'heap' },
    { metric: 'rss', operator: '>', value: null, rule: 'memory' },
  ];
  const [heap, memory] = CHARTS.map((chart) => levelsOf(chart, readings, thresholds));
  const said = heap.map(({ label, isAlarm }) => [
    label.replaceAll('\u00a0', ' '),
    isAlarm === true,
  ]);
  assert.deepEqual(said, [
    ['heap > 1 GB', true],
    ['limit 2 GB', false],
  ]);
  assert.deepEqual(memory, []);
});

test('ways into the page; what is no way is the overview', () => {
  assert.deepEqual(routeOf('#/capture/abc'), { name: 'capture', ids: ['abc'] });
  assert.deepEqual(routeOf('#/compare/a/b'), { name: 'compare', ids: ['a', 'b'] });
  for (const hash of [
    '',
    '#',
    '#/',
    '#/capture',
    '#/capture/',
    '#/compare/a',
    '#/toString/a',
    '#/capture/a/b',
  ])
    assert.equal(routeOf(hash).name, 'overview', hash);
});
