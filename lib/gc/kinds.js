'use strict';

/**
 * The kinds of collections.
 *
 * @module
 */

/** By what Node calls them (GetGCTypeName in its src/node_v8.cc), in any version. */
const KINDS = Object.freeze({
  Scavenge: 'scavenge',
  MinorMarkCompact: 'minorMarkSweep',
  MinorMarkSweep: 'minorMarkSweep',
  MarkSweepCompact: 'markSweepCompact',
  IncrementalMarking: 'incrementalMarking',
  ProcessWeakCallbacks: 'weakCallbacks',
});

/** As a person calls them. */
const NAMES = Object.freeze({
  scavenge: 'scavenge',
  minorMarkSweep: 'minor mark-sweep',
  markSweepCompact: 'mark-sweep-compact',
  incrementalMarking: 'incremental marking',
  weakCallbacks: 'weak callbacks',
  other: 'other',
});

const NONE = Object.freeze({ count: 0, totalMs: 0, maxMs: 0, share: 0 });

/** The figures of one kind of collection, all 0 where there was none. */
function ofKind({ collections }, kind) {
  return collections.find((one) => one.kind === kind) ?? NONE;
}

module.exports = { KINDS, NAMES, ofKind };
