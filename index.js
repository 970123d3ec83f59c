'use strict';

/**
 * The face of rsprof. Requiring it starts nothing: each function loads its part at its first call.
 * Documented in index.d.ts.
 *
 * @module
 */

const { RsprofError } = require('./lib/errors.js');
const version = require('./lib/version.js');

function backend() {
  return require('./lib/backend.js').describe();
}

async function heapSnapshot(options) {
  return require('./lib/heap-snapshot.js').heapSnapshot(options);
}

function heapSnapshotStream(options) {
  return require('./lib/heap-snapshot-stream.js').heapSnapshotStream(options);
}

function startCpuProfile(options) {
  return require('./lib/cpu-profile.js').startCpuProfile(options);
}

async function cpuProfile(options) {
  return require('./lib/cpu-profile.js').cpuProfile(options);
}

function startHeapProfile(options) {
  return require('./lib/heap-profile.js').startHeapProfile(options);
}

async function heapProfile(options) {
  return require('./lib/heap-profile.js').heapProfile(options);
}

function startGcProfile(options) {
  return require('./lib/gc-profile.js').startGcProfile(options);
}

async function gcProfile(options) {
  return require('./lib/gc-profile.js').gcProfile(options);
}

async function classHistogram(options) {
  return require('./lib/class-histogram.js').classHistogram(options);
}

function snapshotOnOutOfMemory(options) {
  return require('./lib/out-of-memory.js').snapshotOnOutOfMemory(options);
}

function continuous(options) {
  return require('./lib/continuous.js').continuous(options);
}

function watch(options) {
  return require('./lib/watch.js').watch(options);
}

async function dryRun(options) {
  return require('./lib/watch/dry-run.js').dryRun(options);
}

function profiler(options) {
  return require('./lib/profiler.js').profiler(options);
}

/** Kept: the one function that is called for every request. */
let labelling;

function label(labels, fn, ...args) {
  labelling ??= require('./lib/label.js');
  return labelling.label(labels, fn, ...args);
}

function labelRequests(...args) {
  return require('./lib/label-requests.js').labelRequests(...args);
}

async function analyze(path, options) {
  return require('./lib/analyze.js').analyze(path, options);
}

async function diff(...values) {
  return require('./lib/diff.js').diff(...values);
}

async function inspect(path, id, options) {
  return require('./lib/inspect.js').inspect(path, id, options);
}

async function signature(path, options) {
  return require('./lib/signature.js').signature(path, options);
}

async function exportProfile(path, options) {
  return require('./lib/export-profile.js').exportProfile(path, options);
}

module.exports = {
  version,
  RsprofError,
  backend,
  heapSnapshot,
  heapSnapshotStream,
  classHistogram,
  snapshotOnOutOfMemory,
  startCpuProfile,
  cpuProfile,
  startHeapProfile,
  heapProfile,
  continuous,
  watch,
  dryRun,
  profiler,
  startGcProfile,
  gcProfile,
  label,
  labelRequests,
  analyze,
  diff,
  inspect,
  signature,
  exportProfile,
};
