'use strict';

/**
 * The backend on node:v8 and node:inspector: no addon, no V8 layouts. Serves where the addon does not
 * load, and under --permission.
 *
 * @module
 */

const v8 = require('node:v8');
const { startCpuProfile } = require('./inspector/cpu-recording.js');
const { checkCompression } = require('./inspector/encode.js');
const { inspectorGrant } = require('./inspector/grants.js');
const { startHeapProfile } = require('./inspector/heap-recording.js');
const { InspectorSession } = require('./inspector/session.js');
const { takeSnapshot } = require('./inspector/snapshot-recording.js');
const { writeSnapshotSync } = require('./inspector/snapshot-sync.js');

/** Why there is no session, or undefined. */
function denied() {
  try {
    new InspectorSession().close();
    return undefined;
  } catch (error) {
    return error.message;
  }
}

/** What serves instead of a session. */
function withoutSession(why) {
  const has = (name) => typeof v8[name] === 'function';
  const left = ['writeHeapSnapshot', 'startCpuProfile', 'startHeapProfile'].filter(has);
  return `${why}; left are v8.${left.join(', v8.')}; for all of it ${inspectorGrant()}`;
}

/**
 * What this backend can do here.
 *
 * @returns {{ ok: boolean, reason: string }} `ok`: heap snapshots work (subject to --allow-fs-write);
 *   `reason` says what does not
 */
function available() {
  if (typeof v8.writeHeapSnapshot !== 'function')
    return { ok: false, reason: 'node:v8 has no writeHeapSnapshot()' };
  const why = denied();
  return { ok: true, reason: why ? withoutSession(why) : 'node:v8 and node:inspector serve' };
}

/** @returns {HeapMarks} see lib/inspector/heap-marks.js */
function markHeap(tempDir) {
  const { HeapMarks } = require('./inspector/heap-marks.js');
  return new HeapMarks(tempDir);
}

module.exports = {
  name: 'inspector',
  available,
  checkCompression,
  markHeap,
  startCpuProfile,
  startHeapProfile,
  takeSnapshot,
  writeSnapshotSync,
};
