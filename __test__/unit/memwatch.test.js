'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { ConsecutiveGrowth, GrowthTrend } = require('../../lib/compat/memwatch/growth.js');
const { LegacyStats } = require('../../lib/compat/memwatch/legacy-stats.js');
const { niceSize, niceSpan } = require('../../lib/compat/memwatch/nice.js');

const START = Date.UTC(2026, 0, 1);

/** A full collection `seconds` after the start that left `bytes`. */
const collection = (seconds, bytes, more = {}) => ({
  gc_ts: (START + seconds * 1000) * 1000,
  used_heap_size: bytes,
  heap_size_limit: 4e9,
  gcScavengeCount: 0,
  gcMarkSweepCompactCount: 0,
  gcIncrementalMarkingCount: 0,
  gcProcessWeakCallbacksCount: 0,
  ...more,
});

test('sizes as memwatch writes them', () => {
  const sizes = [0, 24, -24, 1024, 1025, -2120, 1_048_576, 1_048_577, 1_869_904, -5e9];
  assert.deepEqual(sizes.map(niceSize), [
    '0 bytes',
    '24 bytes',
    '-24 bytes',
    '1024 bytes',
    '1 kb',
    '-2.07 kb',
    '1024 kb',
    '1 mb',
    '1.78 mb',
    '-4768.37 mb',
  ]);
});

test('spans as memwatch writes them', () => {
  const spans = [0, 59.9, 60, 61, 3600, 3601, 3723];
  assert.deepEqual(spans.map(niceSpan), [
    '0s',
    '59s',
    '60s',
    '1m 1s',
    '60m 0s',
    '1h 1s',
    '1h 2m 3s',
  ]);
});

test('five collections in a row that leave more are a leak', () => {
  const growth = new ConsecutiveGrowth();
  const reports = [10, 20, 30, 40].map((mb, at) => growth.note(collection(at * 10, mb * 1e6)));
  assert.deepEqual(reports, [null, null, null, null]);
  const report = growth.note(collection(62, 50e6));
  assert.deepEqual(report, {
    growth: 40e6,
    reason: 'heap growth over 5 consecutive GCs (1m 2s) - 2214.99 mb/hr',
    start: new Date(START),
    end: new Date(START + 62_000),
  });
  assert.equal(growth.note(collection(70, 60e6)), null, 'it counts anew');
});

test('one that leaves no more starts the count anew', () => {
  const growth = new ConsecutiveGrowth();
  const bases = [10, 20, 30, 40, 40, 41, 42, 43, 44];
  const reports = bases.map((base, at) => growth.note(collection(at, base * 1e6)));
  assert.ok(reports.every((report) => report === null));
  assert.equal(growth.note(collection(20, 45e6)).growth, 4e6);
});

test('within a second the rate is that of a second', () => {
  const growth = new ConsecutiveGrowth();
  let report = null;
  for (let at = 1; at <= 5; at++) report = growth.note(collection(0, at * 1000));
  assert.equal(report.reason, 'heap growth over 5 consecutive GCs (0s) - 13.73 mb/hr');
});

test('the trend takes hours of growth for a leak, and tells it once', (t) => {
  const trend = new GrowthTrend();
  t.after(() => trend.stop());
  const reports = [];
  for (let hour = 0; hour < 24 * 6; hour += 0.5) {
    const report = trend.note(collection(hour * 3600, 5e8 + hour * 2e7));
    if (report) reports.push(report);
  }
  assert.equal(reports.length, 1);
  assert.ok(reports[0].growth > 0 && reports[0].verdict.leaking);
  assert.match(reports[0].reason, /grows by .* an hour/);
});

test('the trend takes a heap that comes to rest for none', (t) => {
  const trend = new GrowthTrend();
  t.after(() => trend.stop());
  for (let hour = 0; hour < 24 * 6; hour += 0.5) {
    const bytes = 5e8 + 1e8 * (1 - Math.exp(-hour / 3)) + (hour % 3) * 1e6;
    assert.equal(trend.note(collection(hour * 3600, bytes)), null);
  }
});

test('legacy stats: means, extremes and trend', () => {
  const legacy = new LegacyStats();
  let told;
  for (let at = 1; at <= 9; at++) told = legacy.note(collection(at, at * 100));
  assert.deepEqual([told.estimated_base, told.min, told.max], [900, 300, 900]);
  assert.equal(told.usage_trend, 0);
  const counts = { gcScavengeCount: 3, gcIncrementalMarkingCount: 2, gcMarkSweepCompactCount: 10 };
  told = legacy.note(collection(10, 2000, counts));
  assert.deepEqual(told, {
    num_full_gc: 10,
    num_inc_gc: 5,
    heap_compactions: 10,
    usage_trend: 0,
    estimated_base: 1010,
    current_base: 2000,
    min: 300,
    max: 2000,
  });
  for (let at = 11; at < 20; at++) told = legacy.note(collection(at, 2000));
  assert.ok(told.usage_trend > 0 && told.estimated_base > 1500);
  for (let at = 20; at < 60; at++) told = legacy.note(collection(at, 400));
  assert.ok(told.usage_trend < 0, 'no unsigned underflow');
});
