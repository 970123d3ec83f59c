'use strict';

/**
 * What is left after full collections: does it rise (a leak), or come near to the limit of the heap?
 *
 * @module
 */

const { duration, percent, plural, size } = require('../units.js');
const { ofKind } = require('./kinds.js');

const MIB = 1 << 20;
const MINUTE = 60_000;

/** So much of a straight line is no accident. */
const FIT = 0.7;

/** What it rose by, in all. */
const RISE_SHARE = 0.1;
const RISE_BYTES = 4 * MIB;

/** The last half must go on rising, at this share of the whole: a cache that fills levels off. */
const LATE = 0.5;

/** Of the limit: V8 can let the heap grow by no more than 43 % between two full collections. */
const NEAR = 0.7;
const NEAR_COUNT = 3;

/** Of the time; a heap that is so full is no trouble while V8 hardly has to work for it. */
const NEAR_SHARE = 0.02;

/** Of the limit: a busier moment may end the process. */
const VERY_NEAR = 0.85;

/** A limit should be twice what is alive, and leave a quarter of the memory to everything else. */
const ROOM = 2;
const MEMORY_SHARE = 0.75;

/** Below it a higher limit is not worth a restart. */
const WORTH = 1.1;

function rises({ firstBytes, lastBytes, slopeBytesPerMinute, lateSlopeBytesPerMinute, fit }) {
  if (slopeBytesPerMinute === null || fit < FIT) return false;
  const rise = lastBytes - firstBytes;
  return (
    rise >= RISE_BYTES &&
    rise >= firstBytes * RISE_SHARE &&
    lateSlopeBytesPerMinute >= LATE * slopeBytesPerMinute
  );
}

/**
 * @param {object} figures see figures.js
 * @returns {object|null} an advice
 */
function leak({ heap: { floor, oldLimitBytes: limitBytes }, durationMs }) {
  if (!rises(floor)) return null;
  const { firstBytes, lastBytes, slopeBytesPerMinute: slope, points } = floor;
  const limitMs = ((limitBytes - lastBytes) / slope) * MINUTE;
  const text =
    `What full collections leave rose from ${size(firstBytes)} to ${size(lastBytes)} in ${duration(durationMs)} ` +
    `(${size(slope)} a minute; at that rate the limit of ${size(limitBytes)} is reached in ` +
    `${minutes(limitMs)}): a leak, unless the program was still filling its caches. Take rsprof.heapSnapshot() ` +
    'twice, some minutes apart, and rsprof.diff(first, second) says what grows and who holds it.';
  const figures = { firstBytes, lastBytes, slopeBytesPerMinute: slope, points, limitMs };
  return { rule: 'leak', text, flag: null, figures };
}

function minutes(ms) {
  const whole = Math.max(1, Math.round(ms / MINUTE));
  return whole < 120 ? plural(whole, 'minute') : plural(Math.round(whole / 60), 'hour');
}

/** A round figure that gives the heap room, as far as memory goes; null where it does not go further. */
function limitMib(floorBytes, limitBytes, memoryBytes) {
  const step = limitBytes >= 1024 * MIB ? 256 : 64;
  const wanted = Math.ceil((floorBytes * ROOM) / MIB / step) * step;
  const most = Math.floor((memoryBytes * MEMORY_SHARE) / MIB / step) * step;
  const mib = Math.min(wanted, most);
  return mib * MIB >= limitBytes * WORTH ? mib : null;
}

function isNear(figures) {
  const { floor, oldLimitBytes } = figures.heap;
  const full = floor.lastBytes / oldLimitBytes;
  const marking = ofKind(figures, 'incrementalMarking').share;
  const share = ofKind(figures, 'markSweepCompact').share + marking;
  return full >= VERY_NEAR || (full >= NEAR && share >= NEAR_SHARE);
}

/**
 * @param {object} figures see figures.js
 * @returns {object|null} an advice
 */
function oldSpace(figures) {
  const { heap, surroundings, durationMs } = figures;
  const { lastBytes: floorBytes } = heap.floor;
  const { oldLimitBytes: limitBytes } = heap;
  const { count, totalMs, share } = ofKind(figures, 'markSweepCompact');
  if (count < NEAR_COUNT || !isNear(figures) || rises(heap.floor)) return null;
  const { memoryBytes } = surroundings;
  const mib = limitMib(floorBytes, limitBytes, memoryBytes);
  const flag = mib === null ? null : `--max-old-space-size=${mib}`;
  const text =
    `${plural(count, 'full collection')} took ${duration(totalMs)} of ${duration(durationMs)} (${percent(share)}) ` +
    `and left ${size(floorBytes)}, ${percent(floorBytes / limitBytes)} of the limit of ${size(limitBytes)}: the ` +
    `nearer to it, the more often V8 collects. ${wayOut(flag, mib, memoryBytes)}`;
  const shown = { count, totalMs, share, floorBytes, limitBytes, memoryBytes };
  return { rule: 'old-space', text, flag, figures: shown };
}

function wayOut(flag, mib, memoryBytes) {
  const snapshot = 'rsprof.heapSnapshot() and rsprof.analyze() say who holds it';
  if (flag === null) {
    return `The memory of ${size(memoryBytes)} does not allow a higher limit: hold less (${snapshot}), or add memory.`;
  }
  return `Try ${flag} (in a worker: resourceLimits: { maxOldGenerationSizeMb: ${mib} }), or hold less: ${snapshot}.`;
}

module.exports = { leak, oldSpace };
