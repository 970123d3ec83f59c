'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');

const { readCollection } = require('../../lib/gc/collection.js');
const { floorTrend } = require('../../lib/gc/floor-trend.js');
const { recordedHeap } = require('../../lib/gc/heap-state.js');
const { GcTimeline, STEPS } = require('../../lib/gc/timeline.js');
const { GcTotals } = require('../../lib/gc/totals.js');
const { MIB, figuresOf, half, reason, record, times } = require('../support/gc.js');

/** Numbers that look random and are the same in every run. */
function lcg(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

const TYPES = ['Scavenge', 'Scavenge', 'Scavenge', 'MarkSweepCompact', 'IncrementalMarking'];

function randomRecords(count, seed) {
  const random = lcg(seed);
  return times(count, () =>
    record(
      TYPES[random(TYPES.length)],
      (1 + random(200_000)) / 1000,
      { young: random(16 * MIB), old: random(100 * MIB), external: random(MIB) },
      { young: random(16 * MIB), old: random(100 * MIB), external: random(MIB) },
    ),
  );
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const used = ({ heapStatistics }) => heapStatistics.usedHeapSize;
const young = ({ heapSpaceStatistics }) => heapSpaceStatistics[0].spaceUsedSize;
const old = ({ heapSpaceStatistics }) => heapSpaceStatistics[1].spaceUsedSize;
const gain = (a, b) => Math.max(0, a - b);
const close = (actual, expected, share, what) =>
  assert.ok(Math.abs(actual - expected) <= share * expected, `${what}: ${actual}, not ${expected}`);

test('the sums are those that a list of all records gives', () => {
  const records = randomRecords(5000, 1);
  const figures = figuresOf(records, { durationMs: 100_000 });
  for (const kind of ['scavenge', 'markSweepCompact', 'incrementalMarking']) {
    const own = records.filter(({ gcType }) => gcType.toLowerCase() === kind.toLowerCase());
    const pauses = own.map(({ cost }) => cost / 1000).sort((a, b) => a - b);
    const row = figures.collections.find((one) => one.kind === kind);
    assert.equal(row.count, own.length);
    close(row.totalMs, sum(pauses), 1e-9, 'totalMs');
    close(row.meanMs, sum(pauses) / own.length, 1e-9, 'meanMs');
    assert.equal(row.maxMs, pauses.at(-1));
    assert.equal(row.freedBytes, sum(own.map((r) => gain(used(r.beforeGC), used(r.afterGC)))));
    for (const percent of [50, 95, 99]) {
      const exact = pauses[Math.ceil((own.length * percent) / 100) - 1];
      close(row[`p${percent}Ms`], exact, 0.02, `p${percent} of ${kind}`);
    }
  }
  const scavenges = records.filter(({ gcType }) => gcType === 'Scavenge');
  const promoted = sum(scavenges.map((r) => gain(old(r.afterGC), old(r.beforeGC))));
  assert.equal(figures.young.promotedBytes, promoted);
  assert.equal(figures.young.copiedBytes, sum(scavenges.map((r) => young(r.afterGC))));
  const steps = records.map((r, at) =>
    at === 0 ? 0 : gain(used(r.beforeGC), used(records[at - 1].afterGC)),
  );
  close(figures.allocationRate, sum(steps) / 100, 1e-9, 'allocationRate');
  const full = records.filter(({ gcType }) => gcType === 'MarkSweepCompact');
  assert.equal(figures.heap.floor.firstBytes, old(full[0].afterGC));
  assert.equal(figures.heap.floor.lastBytes, old(full.at(-1).afterGC));
  assert.equal(figures.heap.oldGrowthBytes, old(records.at(-1).afterGC) - old(records[0].beforeGC));
  const peak = Math.max(...records.flatMap((r) => [old(r.beforeGC)]));
  assert.equal(figures.spaces.find(({ name }) => name === 'old_space').peakBytes, peak);
});

test('the steps of the timeline are those of a table of all times, whatever the length', () => {
  for (const [count, durationMs] of [
    [3, 200],
    [400, 11_900],
    [3000, 100_000],
    [5000, 3_600_000],
  ]) {
    const timeline = new GcTimeline();
    const records = randomRecords(count, count);
    const at = records.map((_, index) => ((index + 0.5) * durationMs) / count);
    records.forEach((one, index) => {
      timeline.add(readCollection(one), at[index]);
    });
    assert.ok(timeline.steps.length <= STEPS);
    assert.ok(timeline.stepMs === 100 || timeline.stepMs * STEPS <= 2 * durationMs);
    timeline.steps.forEach((step, number) => {
      const inside = records.filter((_, i) => Math.floor(at[i] / timeline.stepMs) === number);
      const floors = inside
        .filter(({ gcType }) => gcType === 'MarkSweepCompact')
        .map((r) => old(r.afterGC));
      assert.equal(sum(Object.values(step.kinds).map((one) => one.count)), inside.length);
      const pauseMs = sum(Object.values(step.kinds).map((one) => one.ms));
      close(pauseMs, sum(inside.map(({ cost }) => cost / 1000)), 1e-9, 'pauseMs');
      assert.equal(step.peak, Math.max(0, ...inside.map((r) => used(r.beforeGC))));
      assert.equal(step.floor, Math.min(Number.POSITIVE_INFINITY, ...floors));
    });
  }
});

/** Objects and array elements that can be reached from `root`. */
function countObjects(root, seen = new Set()) {
  if (root === null || typeof root !== 'object' || seen.has(root)) return 0;
  seen.add(root);
  const inside = root instanceof Map ? [...root.values()] : Object.values(root);
  return 1 + sum(inside.map((value) => countObjects(value, seen)));
}

test('an hour at thirty collections a second is kept in a fixed number of objects', () => {
  const totals = new GcTotals(recordedHeap(half({})));
  const collections = randomRecords(1000, 7).map(readCollection);
  const perMinute = 1800;
  const sizes = [];
  for (let minute = 0; minute < 60; minute++) {
    for (let i = 0; i < perMinute; i++) {
      totals.add(collections[i % 1000], (minute + i / perMinute) * 60_000);
    }
    sizes.push(countObjects(totals));
  }
  // A step has its three kinds, and what holds them; the rest does not depend on time at all.
  assert.ok(Math.max(...sizes) <= STEPS * 5 + 40, sizes.join());
  assert.ok(totals.timeline.steps.length <= STEPS);
});

test('a trend is between the halves, and needs ten collections', () => {
  const scavenges = (pauses) =>
    figuresOf(pauses.map((ms) => record('Scavenge', ms, { young: MIB }, {}))).collections[0].trend;
  assert.equal(scavenges(times(10, () => 5)), 'steady');
  assert.equal(scavenges(times(10, (at) => (at < 5 ? 1 : 3))), 'rising');
  assert.equal(scavenges(times(10, (at) => (at < 5 ? 3 : 1))), 'falling');
  assert.equal(scavenges(times(9, (at) => (at < 5 ? 1 : 3))), 'unknown');
});

test('why a full collection ran: asked for, memory outside of the heap, or neither', () => {
  const reasons = [
    reason(4, 7),
    reason(4 | 32, 2),
    reason(32 | 8, 5),
    reason(0, 100),
    reason(4, 1, 1),
  ];
  const { forced, externallyDriven } = figuresOf([], { reasons });
  assert.deepEqual(forced, { count: 2, ms: 9 });
  assert.deepEqual(externallyDriven, { count: 1, ms: 5 });
});

test('the slope of the floor', () => {
  const rising = times(6, (at) => ({ ms: at * 1000, bytes: 1e6 + at * 1000 }));
  const { slopeBytesPerMinute, lateSlopeBytesPerMinute, fit } = floorTrend(rising);
  close(slopeBytesPerMinute, 60_000, 1e-9, 'slope');
  close(lateSlopeBytesPerMinute, 60_000, 1e-9, 'late slope');
  close(fit, 1, 1e-9, 'fit');
  assert.equal(floorTrend(rising.slice(2)).slopeBytesPerMinute, null);
  const flat = floorTrend(times(6, (at) => ({ ms: at, bytes: 5 })));
  assert.deepEqual([flat.slopeBytesPerMinute, flat.fit], [0, 0]);
});

test('a profile without a collection has figures all the same', () => {
  const figures = figuresOf([]);
  assert.deepEqual([figures.count, figures.share, figures.collections], [0, 0, []]);
  assert.equal(figures.heap.floor.firstBytes, null);
  assert.deepEqual(JSON.parse(JSON.stringify(figures)), figures);
});

test('a kind that is not known is counted as other', () => {
  const { collections } = figuresOf([record('Quantum', 3, { young: MIB }, {})]);
  assert.deepEqual([collections[0].kind, collections[0].count], ['other', 1]);
});
