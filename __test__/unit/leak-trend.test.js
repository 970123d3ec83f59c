'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { falseAlarms, leaks } = require('../../bench/leak-trend.js');
const { LeakTrend } = require('../../lib/watch/trend.js');
const { fit } = require('../../lib/watch/trend/fit.js');
const { CAPACITY, Points } = require('../../lib/watch/trend/points.js');

const MB = 2 ** 20;
const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);

/** Solves a small system of equations by Gaussian elimination. */
function solve(matrix, values) {
  const rows = matrix.map((row, at) => [...row, values[at]]);
  for (let at = 0; at < rows.length; at++) {
    const pivot = rows.slice(at).reduce((a, b) => (Math.abs(a[at]) > Math.abs(b[at]) ? a : b));
    rows.splice(rows.indexOf(pivot), 1, rows[at]);
    rows[at] = pivot;
    for (let other = 0; other < rows.length; other++) {
      if (other === at) continue;
      const factor = rows[other][at] / rows[at][at];
      rows[other] = rows[other].map((value, column) => value - factor * rows[at][column]);
    }
  }
  return rows.map((row, at) => row.at(-1) / row[at]);
}

/** The coefficient of the last column, by the normal equations. */
function naiveGrowth(columns, values) {
  const all = [values.map(() => 1), ...columns];
  const dot = (one, other) => one.reduce((sum, value, at) => sum + value * other[at], 0);
  const matrix = all.map((one) => all.map((other) => dot(one, other)));
  const right = all.map((one) => dot(one, values));
  return solve(matrix, right).at(-1);
}

/** Numbers that look random. */
function noise(seed) {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31 - 0.5;
  };
}

/** A day and a half of a rise, with load, an hour apart at the least. */
function series(length, rise, random = noise(7)) {
  return Array.from({ length }, (_, at) => {
    const loads = [100 + 40 * Math.sin(at / 3) + 5 * random(), 50 + 20 * Math.cos(at / 5)];
    const floor = 100 * MB + rise * at + loads[0] * 0.2 * MB + loads[1] * 0.1 * MB + MB * random();
    return { time: START + at * HOUR, floor, loads };
  });
}

test('the regression is that of the normal equations', () => {
  const points = new Points();
  const data = series(20, 2 * MB);
  for (const { time, floor, loads } of data) points.add(time, floor, ...loads);
  const found = fit(points, 0, true);
  const time = data.map((_, at) => at / (data.length - 1));
  const columns = [data.map(({ loads }) => loads[0]), data.map(({ loads }) => loads[1]), time];
  const wanted = naiveGrowth(
    columns,
    data.map(({ floor }) => floor),
  );
  assert.ok(Math.abs(found.growth / wanted - 1) < 1e-6, `${found.growth} for ${wanted}`);
  assert.ok(found.error > 0 && found.error < wanted / 10);
  assert.ok(found.least > 0.4 && found.apart > 0 && found.apart <= 1);
});

function watch(points, limit = 1024 * MB) {
  const trend = new LeakTrend();
  let verdict;
  for (const point of points) {
    trend.add(point);
    verdict = trend.verdict({ now: point.time, limit });
    if (verdict.leaking) break;
  }
  return verdict;
}

test('a steady leak is told in words, with its rate and when the limit is reached', () => {
  const verdict = watch(series(400, 5 * MB));
  assert.equal(verdict.leaking, true);
  assert.ok(verdict.lowBytesPerHour < 5 * MB && verdict.highBytesPerHour > 5 * MB);
  assert.ok(verdict.highBytesPerHour - verdict.lowBytesPerHour < 4 * MB);
  assert.ok(verdict.confidence >= 0.99);
  assert.match(
    verdict.text,
    /^what full collections leave grows by [45]\.\d MB an hour \(.* to .*; 99.* % sure\), beside what the load explains; the limit of 1\.0 GB is reached in \d+ (days|hours)$/,
  );
});

test('load alone is no leak, however high it rises', () => {
  const points = Array.from({ length: 300 }, (_, at) => {
    const load = 100 + at * 2;
    return { time: START + at * 600_000, floor: 50 * MB + load * MB, loads: [load, load * 3] };
  });
  assert.equal(watch(points).leaking, false);
});

test('what fills up is no leak', () => {
  const random = noise(3);
  const points = Array.from({ length: 500 }, (_, at) => ({
    time: START + at * 300_000,
    floor: 100 * MB + 250 * MB * (1 - Math.exp(-at / 30)) + MB * random(),
    loads: [100 + 5 * random(), 50],
  }));
  assert.equal(watch(points).leaking, false);
});

test('made-up services: no false alarm, leaks are found', () => {
  const few = { services: 20, seed: 77, weeks: 1 };
  assert.equal(falseAlarms(few), 0);
  const found = leaks(few).filter(({ gone }) => gone !== null);
  assert.ok(found.length >= 19, `${found.length} of 20`);
});

test('memory is of a fixed size, and joining points does not change the slope', () => {
  const points = new Points();
  for (let at = 0; at < 100_000; at++) points.add(START + at * 60_000, at * 1000, 1, 1);
  assert.ok(points.length <= CAPACITY);
  assert.equal(points.floors.length, CAPACITY);
  const { times, floors, length } = points;
  const slope = (floors[length - 1] - floors[0]) / (times[length - 1] - times[0]);
  assert.ok(Math.abs(slope / (1000 / 60_000) - 1) < 1e-9);
});

test('whatever comes in, a verdict comes out', () => {
  const trend = new LeakTrend();
  const odd = [NaN, Infinity, -1, 0, 1e300];
  let time = START;
  for (const floor of [...odd, ...odd, 5 * MB, 5 * MB]) {
    for (const load of odd) {
      for (const step of [0, 1, -HOUR, HOUR]) {
        time += step;
        trend.add({ time, floor, loads: [load, load] });
        const verdict = trend.verdict({ now: time, limit: 100 * MB });
        assert.equal(typeof verdict.leaking, 'boolean');
        assert.equal(typeof verdict.text, 'string');
      }
    }
  }
  trend.reset();
  assert.equal(trend.verdict({ now: START, limit: MB }).points, 0);
});

test('without knowing the load two days pass before a leak is called one', () => {
  const points = series(400, 5 * MB).map((point) => ({ ...point, loads: [NaN, NaN] }));
  const verdict = watch(points, 600 * MB);
  assert.equal(verdict.leaking, true);
  assert.ok(verdict.spanMs >= 48 * HOUR);
  assert.equal(watch(points.slice(0, 40), 200 * MB).leaking, false);
});
