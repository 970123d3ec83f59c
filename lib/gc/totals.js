'use strict';

/**
 * The sum of all collections of a profile, of a size that does not depend on how many there were.
 *
 * @module
 */

const { constants, createHistogram } = require('node:perf_hooks');
const { GcTimeline } = require('./timeline.js');

const {
  NODE_PERFORMANCE_GC_FLAGS_ALL_EXTERNAL_MEMORY: EXTERNAL,
  NODE_PERFORMANCE_GC_FLAGS_FORCED: FORCED,
  NODE_PERFORMANCE_GC_MAJOR: MAJOR,
} = constants;

/** Microseconds, to two significant digits: about 20 kB a kind. */
const PAUSES = Object.freeze({ lowest: 1, highest: 3_600_000_000, figures: 2 });

const gain = (before, after) => Math.max(0, before - after);

/** What is summed up of one kind of collection. */
class KindTotals {
  count = 0;
  totalMs = 0;
  maxMs = 0;
  freedBytes = 0;
  #pauses = createHistogram(PAUSES);

  add({ ms, before, after }) {
    this.count++;
    this.totalMs += ms;
    this.maxMs = Math.max(this.maxMs, ms);
    this.#pauses.record(Math.min(PAUSES.highest, Math.max(1, Math.round(ms * 1000))));
    this.freedBytes += gain(before.used, after.used);
  }

  /** Milliseconds that so many percent of the pauses do not exceed; never more than the longest. */
  percentile(percent) {
    return Math.min(this.maxMs, this.#pauses.percentile(percent) / 1000);
  }
}

class GcTotals {
  /** By kind, in the order of their first collection. */
  kinds = new Map();
  timeline = new GcTimeline();
  allocatedBytes = 0;
  /** What scavenges moved from the young to the old generation. */
  promotedBytes = 0;
  /** What scavenges kept in the young generation: it is copied again, or promoted, or dies. */
  copiedBytes = 0;
  /** What was in the young generation when a scavenge began. */
  youngBytes = 0;
  /** What the semi-space could have held then. */
  youngRoomBytes = 0;
  /** The old generation after full collections. */
  floor = { first: null, last: null };
  /** The longest pause, and what was alive after it. */
  longest = { kind: null, ms: 0, liveBytes: 0 };
  externalPeak = 0;
  /** By name: the most that was in the space. */
  peaks = new Map();
  /** Full collections that `gc()` asked for. */
  forced = { count: 0, ms: 0 };
  /** Full collections that memory outside of the heap asked for: Buffers, ArrayBuffers. */
  external = { count: 0, ms: 0 };

  /** @param {object} heap state of the heap at the start */
  constructor(heap) {
    this.start = heap;
    this.end = heap;
    this.semiSpace = heap.semiSpace;
    this.#notePeaks(heap);
  }

  /**
   * @param {{ kind: string, ms: number, before: object, after: object }} collection
   * @param {number} atMs since the start of the profile
   */
  add(collection, atMs) {
    const { kind, before, after } = collection;
    if (!this.kinds.has(kind)) this.kinds.set(kind, new KindTotals());
    this.kinds.get(kind).add(collection);
    this.timeline.add(collection, atMs);
    this.#noteLongest(collection);
    this.move(before);
    this.end = after;
    this.semiSpace = Math.max(this.semiSpace, after.semiSpace);
    if (kind === 'scavenge' || kind === 'minorMarkSweep') this.#addYoung(collection);
    if (kind === 'markSweepCompact') this.#addFloor(after.old);
  }

  #noteLongest({ kind, ms, after }) {
    if (ms > this.longest.ms) this.longest = { kind, ms, liveBytes: after.used };
  }

  /** Notes the state of the heap, whose growth since the last look was allocated. */
  move(heap) {
    this.allocatedBytes += gain(heap.used, this.end.used);
    this.end = heap;
    this.#notePeaks(heap);
  }

  #notePeaks({ spaces, external }) {
    this.externalPeak = Math.max(this.externalPeak, external);
    for (const { name, used } of spaces) {
      this.peaks.set(name, Math.max(this.peaks.get(name) ?? 0, used));
    }
  }

  #addYoung({ before, after }) {
    this.youngBytes += before.young;
    this.youngRoomBytes += before.semiSpace;
    this.copiedBytes += after.young;
    this.promotedBytes += gain(after.old, before.old);
  }

  #addFloor(bytes) {
    this.floor.first ??= bytes;
    this.floor.last = bytes;
  }

  /**
   * Notes why a collection ran, which `v8.GCProfiler` does not tell.
   *
   * @param {{ duration: number, detail: { kind: number, flags: number } }} entry of a PerformanceObserver
   */
  addReason({ duration, detail }) {
    if (detail.kind !== MAJOR) return;
    const reason =
      detail.flags & FORCED ? this.forced : detail.flags & EXTERNAL ? this.external : undefined;
    if (!reason) return;
    reason.count++;
    reason.ms += duration;
  }
}

module.exports = { GcTotals };
