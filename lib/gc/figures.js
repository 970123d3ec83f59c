'use strict';

/**
 * The figures of a garbage collection profile, out of its sums.
 *
 * @module
 */

const { currentHeap } = require('./heap-state.js');
const { floorTrend } = require('./floor-trend.js');
const { surroundings } = require('./surroundings.js');

/** Fewer collections than this in the whole profile say nothing of a trend. */
const TREND_COUNT = 10;

/** A half that has so many times the other's pauses is no accident. */
const TREND_RATIO = 1.5;

/** Of the time spent in the collections of a kind, between the halves of the profile. */
function trend([first, last]) {
  if (first.count + last.count < TREND_COUNT) return 'unknown';
  if (last.ms >= first.ms * TREND_RATIO) return 'rising';
  return first.ms >= last.ms * TREND_RATIO ? 'falling' : 'steady';
}

function collectionFigures([kind, totals], timeline, durationMs) {
  return {
    kind,
    count: totals.count,
    totalMs: totals.totalMs,
    meanMs: totals.totalMs / totals.count,
    maxMs: totals.maxMs,
    p50Ms: totals.percentile(50),
    p95Ms: totals.percentile(95),
    p99Ms: totals.percentile(99),
    share: totals.totalMs / durationMs,
    freedBytes: totals.freedBytes,
    trend: trend(timeline.halves(kind, durationMs)),
  };
}

function spaceFigures({ start, end, peaks }) {
  return end.spaces.map(({ name, used, size, available }) => {
    const before = start.spaces.find((space) => space.name === name)?.used ?? 0;
    return {
      name,
      beforeBytes: before,
      afterBytes: used,
      growthBytes: used - before,
      peakBytes: peaks.get(name) ?? used,
      sizeBytes: size,
      availableBytes: available,
    };
  });
}

function heapFigures({ start, end, floor, timeline, externalPeak }, oldLimitBytes) {
  return {
    limitBytes: end.limit,
    oldLimitBytes,
    beforeBytes: start.used,
    afterBytes: end.used,
    externalBeforeBytes: start.external,
    externalAfterBytes: end.external,
    externalPeakBytes: externalPeak,
    oldGrowthBytes: end.old - start.old,
    floor: { firstBytes: floor.first, lastBytes: floor.last, ...floorTrend(timeline.floors()) },
  };
}

/** Pages have headers: a semi-space of 16 MiB holds 15.7. */
const NEARLY = 0.95;

function youngFigures(totals, limitBytes) {
  const { semiSpace, youngBytes, youngRoomBytes, copiedBytes, promotedBytes } = totals;
  const isFull = semiSpace >= NEARLY * limitBytes && semiSpace <= limitBytes;
  return {
    semiSpaceBytes: isFull ? limitBytes : semiSpace,
    semiSpaceLimitBytes: limitBytes,
    fill: youngRoomBytes === 0 ? 0 : youngBytes / youngRoomBytes,
    survivalRate: youngBytes === 0 ? 0 : Math.min(1, (copiedBytes + promotedBytes) / youngBytes),
    copiedBytes,
    promotedBytes,
  };
}

function timelineFigures({ steps, stepMs }) {
  return steps.map(({ kinds, peak, floor }, at) => ({
    atMs: at * stepMs,
    count: Object.values(kinds).reduce((sum, { count }) => sum + count, 0),
    pauseMs: Object.values(kinds).reduce((sum, { ms }) => sum + ms, 0),
    peakBytes: peak,
    floorBytes: Number.isFinite(floor) ? floor : null,
  }));
}

/**
 * @param {{ totals: import('./totals.js').GcTotals, durationMs: number }} recorded
 * @param {object} [around] see surroundings.js
 * @returns {object} the result but for its verdict; see index.d.ts
 */
function gcFigures({ totals, durationMs }, around = surroundings(currentHeap().limit)) {
  const { semiSpaceLimitBytes, oldSpaceLimitBytes, ...rest } = around;
  const seconds = durationMs / 1000;
  const collections = [...totals.kinds]
    .map((entry) => collectionFigures(entry, totals.timeline, durationMs))
    .sort((a, b) => b.totalMs - a.totalMs);
  const pauseMs = collections.reduce((sum, { totalMs }) => sum + totalMs, 0);
  return {
    durationMs,
    count: collections.reduce((sum, { count }) => sum + count, 0),
    pauseMs,
    share: pauseMs / durationMs,
    collections,
    longest: totals.longest,
    forced: totals.forced,
    externallyDriven: totals.external,
    spaces: spaceFigures(totals),
    heap: heapFigures(totals, oldSpaceLimitBytes),
    young: youngFigures(totals, semiSpaceLimitBytes),
    allocationRate: totals.allocatedBytes / seconds,
    promotionRate: totals.promotedBytes / seconds,
    timeline: { stepMs: totals.timeline.stepMs, steps: timelineFigures(totals.timeline) },
    surroundings: rest,
  };
}

module.exports = { gcFigures };
