'use strict';

/**
 * What to do about the collections of a profile: one rule, one function. The thresholds and where they
 * come from: docs/gc.md.
 *
 * @module
 */

const { NAMES, ofKind } = require('./kinds.js');
const { plural, percent, size, duration } = require('../units.js');
const { semiSpace } = require('./semi-space-advice.js');
const { leak, oldSpace } = require('./old-space-advice.js');

/** `gc()` now and then, by a test or an operator, is no trouble. */
const FORCED_COUNT = 3;

/** Below it a perfect cure cannot be felt. */
const EXTERNAL_SHARE = 0.02;
const EXTERNAL_COUNT = 5;

/** Long enough for a person to notice that nothing happens, and for a health check to fail. */
const LONG_PAUSE_MS = 500;

/** Nobody calls a tenth of the time no trouble. */
const MUCH_SHARE = 0.1;
const MUCH_COUNT = 5;

/** V8 can tell of what is dead already from Node 20 on. */
const PROFILE =
  Number.parseInt(process.versions.node, 10) < 20
    ? 'rsprof.heapProfile()'
    : "rsprof.heapProfile({ includeCollected: 'all' })";

function forced({ forced: { count, ms }, durationMs }) {
  if (count < FORCED_COUNT) return null;
  const share = ms / durationMs;
  const text =
    `${plural(count, 'full collection')} were asked for by the program (gc(), with --expose-gc) and took ` +
    `${duration(ms)} of ${duration(durationMs)} (${percent(share)}): V8 knows when to collect; remove ` +
    'the calls, or start node without --expose-gc.';
  return { rule: 'forced', text, flag: null, figures: { count, totalMs: ms, share } };
}

function external(figures) {
  const { count, ms } = figures.externallyDriven;
  const { durationMs, heap } = figures;
  // The marking that led to them is theirs too.
  const full = ofKind(figures, 'markSweepCompact').count;
  const marking = ofKind(figures, 'incrementalMarking').totalMs;
  const totalMs = ms + (marking * count) / Math.max(full, count);
  const share = totalMs / durationMs;
  if (count < EXTERNAL_COUNT || share < EXTERNAL_SHARE) return null;
  const peakBytes = heap.externalPeakBytes;
  const text =
    `${plural(count, 'full collection')} took ${duration(totalMs)} of ${duration(durationMs)} ` +
    `(${percent(share)}) because of memory outside of the heap, up to ${size(peakBytes)}: Buffers and ` +
    'ArrayBuffers make V8 collect. Reuse them, pass streams on instead of gathering whole bodies, or ' +
    'drop them earlier.';
  return { rule: 'external', text, flag: null, figures: { count, totalMs, share, peakBytes } };
}

function longPause({ longest: { kind, ms, liveBytes }, forced: { count } }) {
  if (ms < LONG_PAUSE_MS || count >= FORCED_COUNT) return null;
  const text =
    `One collection (${NAMES[kind]}) stopped the thread for ${duration(ms)}, with ${size(liveBytes)} alive: ` +
    'the pause grows with what is alive. rsprof.heapSnapshot() and rsprof.analyze() say who holds it; move what ' +
    'need not be in the heap out of it, or into another process.';
  return { rule: 'long-pause', text, flag: null, figures: { kind, ms, liveBytes } };
}

/** Much time that no other rule explains: only one long pause is no explanation. */
function allocation(figures) {
  const { share, count, pauseMs, durationMs, allocationRate } = figures;
  if (share < MUCH_SHARE || count < MUCH_COUNT) return null;
  const text =
    `${plural(count, 'collection')} took ${duration(pauseMs)} of ${duration(durationMs)} (${percent(share)}), ` +
    `with ${size(allocationRate)} allocated each second: ${PROFILE} says which functions allocate it.`;
  return {
    rule: 'allocation',
    text,
    flag: null,
    figures: { count, pauseMs, share, allocationRate },
  };
}

/** What costs time again and again, the most urgent first. */
const RULES = [leak, oldSpace, semiSpace, external, forced];

/**
 * @param {object} figures see figures.js
 * @returns {{ rule: string, text: string, flag: string|null, figures: object }[]} the most urgent first
 */
function advise(figures) {
  const found = RULES.map((rule) => rule(figures)).filter(Boolean);
  const rest = [longPause(figures)].filter(Boolean);
  if (found.length === 0) rest.unshift(...[allocation(figures)].filter(Boolean));
  return [...found, ...rest];
}

module.exports = { advise };
