'use strict';

/** Collections as `v8.GCProfiler` records them, made by hand, and figures of profiles. */

const { GcTotals } = require('../../lib/gc/totals.js');
const { readCollection } = require('../../lib/gc/collection.js');
const { recordedHeap } = require('../../lib/gc/heap-state.js');
const { gcFigures } = require('../../lib/gc/figures.js');

const MIB = 1 << 20;

/** One side of a record. Bytes; `semi` is what a semi-space holds. */
function half({ young = 0, old = 20 * MIB, external = MIB, semi = 16 * MIB, limit = 4144 * MIB }) {
  const space = (spaceName, spaceUsedSize, spaceSize, spaceAvailableSize = 0) => ({
    spaceName,
    spaceSize,
    spaceUsedSize,
    spaceAvailableSize,
    physicalSpaceSize: spaceSize,
  });
  return {
    heapStatistics: { usedHeapSize: young + old, externalMemory: external, heapSizeLimit: limit },
    heapSpaceStatistics: [
      space('new_space', young, 2 * semi, semi - young),
      space('old_space', old, old),
      space('new_large_object_space', 0, 0),
    ],
  };
}

function record(gcType, ms, before, after) {
  return { gcType, cost: ms * 1000, beforeGC: half(before), afterGC: half(after) };
}

/** As Node's PerformanceObserver tells of a full collection: 4 was asked for, 32 because of Buffers. */
function reason(flags, duration, kind = 4) {
  return { duration, detail: { kind, flags } };
}

/** What a thread with plenty of memory has around it. */
const PLENTY = Object.freeze({
  memoryBytes: 16_384 * MIB,
  rssBytes: 200 * MIB,
  isMainThread: true,
  flags: { maxSemiSpaceSize: null, minSemiSpaceSize: null, maxOldSpaceSize: null },
  semiSpaceLimitBytes: 16 * MIB,
  oldSpaceLimitBytes: 4096 * MIB,
});

/**
 * The figures of a profile of evenly spread records.
 *
 * @param {object[]} records
 * @param {{ durationMs?: number, reasons?: object[], around?: object }} [how]
 */
function figuresOf(records, { durationMs = 10_000, reasons = [], around = {} } = {}) {
  const totals = new GcTotals(recordedHeap(records[0]?.beforeGC ?? half({})));
  records.forEach((one, at) => {
    totals.add(readCollection(one), ((at + 0.5) * durationMs) / records.length);
  });
  for (const one of reasons) totals.addReason(one);
  return gcFigures({ totals, durationMs }, { ...PLENTY, ...around });
}

/** `make(0)` to `make(count - 1)`. */
const times = (count, make) => Array.from({ length: count }, (_, at) => make(at));

module.exports = { MIB, figuresOf, half, reason, record, times };
