'use strict';

/**
 * What `v8-profiler` and `v8-profiler-next` have in common, and where they differ.
 *
 * Everything is synchronous, as it is there. Requiring this starts nothing: the back end is chosen, and
 * the addon loaded, at the first call that needs it.
 *
 * @module
 */

const { cpuFunctions } = require('./cpu.js');
const { heapFunctions } = require('./heap.js');
const { samplingFunctions } = require('./sampling.js');

/** The functions of `source`, with its getters as getters. */
function addTo(target, source, names) {
  for (const name of names) {
    Object.defineProperty(target, name, Object.getOwnPropertyDescriptor(source, name));
  }
}

const HEAP = [
  'snapshots',
  'takeSnapshot',
  'deleteAllSnapshots',
  'startTrackingHeapObjects',
  'stopTrackingHeapObjects',
  'getHeapStats',
  'getObjectByHeapObjectId',
  'getHeapObjectId',
];

const CPU = ['profiles', 'startProfiling', 'stopProfiling', 'setSamplingInterval'];

/** In the order in which the package has them. */
const NEXT_CPU = [
  'profiles',
  'setGenerateType',
  'setProfilesCleanupLimit',
  ...CPU.slice(1),
  'deleteAllProfiles',
  'collectSample',
];

/** @returns {object} a new v8-profiler-next, which is `process.profiler` from now on */
function nextProfiler() {
  const profiler = {};
  const names = {
    ofSnapshot: (name) => (name ? String(name) : ''),
    ofProfile: (name) => (name ? String(name) : ''),
  };
  addTo(profiler, heapFunctions({ titleOf: names.ofSnapshot, keepsEmptyTitle: false }), HEAP);
  addTo(profiler, cpuFunctions({ nameOf: names.ofProfile, firstUid: 0 }), NEXT_CPU);
  Object.assign(profiler, samplingFunctions());
  return publish(profiler);
}

/** @returns {object} a new v8-profiler, which is `process.profiler` from now on */
function oldProfiler() {
  const profiler = {};
  const heap = { titleOf: String, keepsEmptyTitle: true, reportsProgress: true };
  addTo(profiler, heapFunctions(heap), HEAP);
  addTo(profiler, cpuFunctions({ nameOf: String, firstUid: 1, callUids: true, modes: false }), [
    ...CPU,
    'deleteAllProfiles',
  ]);
  return publish(profiler);
}

function publish(profiler) {
  process.profiler = profiler;
  return profiler;
}

module.exports = { nextProfiler, oldProfiler };
