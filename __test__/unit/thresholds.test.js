'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { thresholdsOf } = require('../../lib/http/thresholds.js');
const { parseCondition } = require('../../lib/watch/condition.js');
const { DEFAULT_RULES } = require('../../lib/watch/defaults.js');
const { INDEX, WIDTH } = require('../../lib/watch/metrics.js');

const MB = 2 ** 20;

function rowOf(values) {
  const row = new Float64Array(WIDTH).fill(Number.NaN);
  for (const [name, value] of Object.entries(values)) row[INDEX[name]] = value;
  return row;
}

const ROW = rowOf({
  heapLimit: 1000 * MB,
  memoryLimit: 2000 * MB,
  fdLimit: 1024,
  heapTotal: 300 * MB,
  rss: 500 * MB,
});

/** The levels of one condition, without the name of its rule. */
function levels(when, row = ROW) {
  return thresholdsOf([{ name: 'rule', when }], row).map(({ metric, operator, value, rule }) => {
    assert.equal(rule, 'rule');
    return `${metric} ${operator} ${value}`;
  });
}

const SHOWN = {
  'heapUsed > 800MB': [`heapUsed > ${800 * MB}`],
  '800MB < heapUsed': [`heapUsed > ${800 * MB}`],
  'heapUsed > 80% of heapLimit for 30s': [`heapUsed > ${800 * MB}`],
  'heapUsed / heapLimit > 0.8': [`heapUsed > ${800 * MB}`],
  'heapUsed / heapLimit >= 80%': [`heapUsed >= ${800 * MB}`],
  'rss > heapTotal': [`rss > ${300 * MB}`],
  'heapUsed > heapLimit - 100MB': [`heapUsed > ${900 * MB}`],
  'cpu > 90% for 60s': ['cpu > 0.9'],
  'mean(cpu, 5m) > 80%': ['cpu > 0.8'],
  'requestRate < 5/s': ['requestRate < 5'],
  'requestRate > 120/min': ['requestRate > 2'],
  'fds > 90% of fdLimit': ['fds > 921.6'],
  'eventLoopDelay > 0.2s': ['eventLoopDelay > 200'],
  'not (heapUsed < 100MB)': [`heapUsed >= ${100 * MB}`],
  '(rss > 1GB and requestsInFlight < 10) for 5m': [`rss > ${1024 * MB}`, 'requestsInFlight < 10'],
  'signal(SIGUSR2) or gcPause >= 100ms': ['gcPause >= 100'],
  'rss > 1GB or rss > 1GB': [`rss > ${1024 * MB}`],
};

for (const [when, expected] of Object.entries(SHOWN)) {
  test(`a level: ${when}`, () => {
    assert.deepEqual(levels(when), expected);
    assert.deepEqual(levels(parseCondition(when)), expected, 'as a condition');
  });
}

const LEFT_OUT = [
  'leak',
  'stuck(5s)',
  'every(6h)',
  'slope(rss, 1h) > 100MB/h',
  'sum(markSweeps, 1m) > 10',
  'gcShare > 20%',
  'floorAge > 1h',
  'rss - heapTotal > 100MB',
  'heapUsed / rss > 2 * heapTotal / heapLimit',
  'markSweeps == 1',
  'detachedContexts != 0',
  'rss > mean(rss, 10m)',
  'mean(rss, 1m) > rss',
  'heapUsed > 80% of diskFree',
];

for (const when of LEFT_OUT) test(`no level: ${when}`, () => assert.deepEqual(levels(when), []));

test('a share follows the newest reading', () => {
  const of = (heapLimit) => levels('heapUsed > 50% of heapLimit', rowOf({ heapLimit }));
  assert.deepEqual(of(100), ['heapUsed > 50']);
  assert.deepEqual(of(200), ['heapUsed > 100']);
  assert.deepEqual(of(Number.NaN), []);
});

test('a condition that this version cannot read has no levels, and spoils none', () => {
  const rules = [
    { name: 'odd', when: 'quarks > 3' },
    { name: 'rss', when: 'rss > 1GB' },
  ];
  assert.deepEqual(
    thresholdsOf(rules, ROW).map(({ rule }) => rule),
    ['rss'],
  );
});

test('several conditions as one object, in the text that a watcher tells', () => {
  const { text } = parseCondition({ all: ['rss > 1GB', { not: 'cpu < 10%' }] });
  assert.deepEqual(levels(text), [`rss > ${1024 * MB}`, 'cpu >= 0.1']);
});

test('the default rules', () => {
  const found = thresholdsOf(DEFAULT_RULES, ROW).map((one) => `${one.rule}: ${one.metric}`);
  assert.deepEqual(found, [
    'heap: heapUsed',
    'memory: rss',
    'slow-loop: eventLoopDelay',
    'cpu: threadCpu',
  ]);
});
