'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Counters } = require('../../lib/http/counters.js');
const { toOwnLayout } = require('../../lib/http/layout.js');
const { Pace } = require('../../lib/http/pace.js');
const {
  ALL_METRICS,
  PAGE_METRICS,
  parseWindow,
  seriesOf,
  valuesOf,
} = require('../../lib/http/series.js');
const { INDEX, METRICS, WIDTH } = require('../../lib/watch/metrics.js');

function rowOf(values = {}) {
  const row = new Float64Array(WIDTH).fill(Number.NaN);
  for (const [name, value] of Object.entries(values)) row[INDEX[name]] = value;
  return row;
}

const series = (rows, how) =>
  seriesOf(
    { step: 1000, times: Float64Array.from(rows, (_, at) => 1e12 + at * 1000.4), rows },
    how,
  );

test('a window is a time from a minute to a day', () => {
  assert.equal(parseWindow(undefined), 600_000);
  assert.equal(parseWindow('1m'), 60_000);
  assert.equal(parseWindow('1h 30m'), 5_400_000);
  assert.equal(parseWindow('24h'), 86_400_000);
  for (const wrong of ['', '59s', '24h 1ms', '10', 'ten', '-5m', '1e9m', ['10m'], 600, null, {}]) {
    assert.throws(
      () => parseWindow(wrong),
      { code: 'ERR_RSPROF_INVALID_ARG', message: /window must be a time from 1m to 24h/ },
      String(wrong),
    );
  }
});

test('what a client sent does not come back at length', () => {
  assert.throws(
    () => parseWindow('x'.repeat(1e6)),
    ({ message }) => message.length < 200,
  );
});

test('columns, oldest first; what is not known is null', () => {
  const found = series([rowOf({ rss: 1 }), rowOf({ rss: 2, cpu: 0.5 }), rowOf({ cpu: Infinity })]);
  assert.deepEqual(found.time, [1e12, 1e12 + 1000, 1e12 + 2001]);
  assert.deepEqual(found.values.rss, [1, 2, null]);
  assert.deepEqual(found.values.cpu, [null, 0.5, null]);
  assert.equal(found.step, 1000);
  assert.equal(found.units.rss, 'bytes');
  assert.equal(found.units.gcPause, 'ms');
  assert.deepEqual(JSON.parse(JSON.stringify(found)), found);
});

test('numbers have the digits that somebody can see', () => {
  const row = rowOf({ rss: 1234.56, cpu: 0.123456, gcPause: 1.23456, fds: 20.3333 });
  const { rss, cpu, gcPause, fds, heapUsed } = valuesOf(row);
  assert.deepEqual(
    { rss, cpu, gcPause, fds, heapUsed },
    {
      rss: 1235,
      cpu: 0.1235,
      gcPause: 1.23,
      fds: 20.33,
      heapUsed: null,
    },
  );
});

test('the page gets its metrics, and everything who asks for it', () => {
  const all = METRICS.map(({ name }) => name).slice(1);
  assert.deepEqual(ALL_METRICS, all);
  for (const name of PAGE_METRICS) assert.ok(all.includes(name), name);
  assert.equal(new Set(PAGE_METRICS).size, PAGE_METRICS.length);
  assert.deepEqual(Object.keys(series([]).values), [...PAGE_METRICS]);
  assert.deepEqual(Object.keys(series([], { all: true }).values), all);
});

test('of more rows than fit the newest are given', () => {
  const rows = Array.from({ length: 1600 }, (_, at) => rowOf({ rss: at }));
  const { time, values } = series(rows);
  assert.equal(time.length, 1500);
  assert.deepEqual([values.rss[0], values.rss.at(-1)], [100, 1599]);
  assert.equal(time[0], Math.round(1e12 + 100 * 1000.4));
});

test('a watcher that reads often is told of once a second, with nothing lost', () => {
  const pace = new Pace(0.25);
  const told = [1, 2, 3, 4, 5, 6, 7, 8].map((value) =>
    pace.add(rowOf({ rss: value, gcPause: -value, markSweeps: 1, heapLimit: value })),
  );
  assert.deepEqual(
    told.map(
      (row) =>
        row && [row[INDEX.rss], row[INDEX.gcPause], row[INDEX.markSweeps], row[INDEX.heapLimit]],
    ),
    [
      undefined,
      undefined,
      undefined,
      [2.5, -1, 4, 4],
      undefined,
      undefined,
      undefined,
      [6.5, -5, 4, 8],
    ],
  );
  const slow = new Pace(60);
  assert.equal(slow.add(told[3]), told[3]);
  const fast = new Pace(0.05);
  assert.equal(Array.from({ length: 60 }, () => fast.add(rowOf())).filter(Boolean).length, 3);
});

test('rows of another version find their places', () => {
  assert.equal(toOwnLayout(METRICS)(METRICS), METRICS, 'nothing is done where nothing is to do');
  const metrics = [{ name: 'rss' }, { name: 'quarks' }, { name: 'time' }];
  const row = toOwnLayout(metrics)(Float64Array.of(5, 6, 7));
  assert.equal(row.length, WIDTH);
  assert.equal(row[INDEX.rss], 5);
  assert.equal(row[INDEX.time], 7);
  assert.equal([...row].filter((value) => !Number.isNaN(value)).length, 2);
});

test('counters only rise, over sources that come and go', () => {
  const counters = new Counters();
  const note = (source, markSweeps, scavengeTime = 0) =>
    counters.note(source, rowOf({ markSweeps, scavengeTime }));
  const count = () => counters.counts().markSweeps;
  assert.equal(count(), 0);
  const [watcher, own, later] = [{}, {}, {}];
  note(watcher, 100, 2.5);
  assert.equal(count(), 100, 'the first counts from its beginning');
  note(watcher, 103, 2.5);
  assert.equal(count(), 103);
  note(own, 7);
  assert.equal(count(), 103, 'a later one from when it is seen');
  note(own, 9);
  assert.equal(count(), 105);
  note(later, 0);
  note(later, 4);
  note(later, Number.NaN);
  assert.equal(count(), 109);
  assert.equal(counters.counts().scavengeTime, 2.5);
  assert.deepEqual(
    Object.keys(counters.counts()),
    METRICS.filter(({ keep }) => keep === 'sum').map(({ name }) => name),
  );
});
