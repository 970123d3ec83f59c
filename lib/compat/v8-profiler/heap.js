'use strict';

/**
 * Heap snapshots by the ids of their newest objects, and the ids themselves.
 *
 * @module
 */

const { host } = require('./host.js');
const { Snapshot } = require('./snapshot.js');

const nothing = () => {};

function take(state, name, control, how) {
  if (typeof name === 'function') return take(state, '', name, how);
  const title = how.titleOf(name);
  const graph = host().takeGraph();
  const uid = graph.maxObjectId;
  const named = title !== '' || how.keepsEmptyTitle;
  const snapshot = new Snapshot(graph, named ? title : `Snapshot ${uid}`, state.snapshots);
  state.snapshots[uid] = snapshot;
  // V8 may run no JavaScript while it reports: once, when all is done.
  if (how.reportsProgress && typeof control === 'function') {
    control(graph.nodeCount, graph.nodeCount);
  }
  return snapshot;
}

function deleteAll(state) {
  for (const uid of Object.keys(state.snapshots)) state.snapshots[uid].delete();
}

function stats(iterator, callback) {
  const { updates, lastId } = host().heapStats();
  const each = typeof iterator === 'function' ? iterator : nothing;
  for (const samples of updates) {
    if (each(samples) === false) return lastId;
  }
  if (typeof callback === 'function') callback();
  return lastId;
}

function objectOf(value) {
  const id = Number.parseInt(value, 10) >>> 0;
  // For V8 objects without an id have this one, too: it would find any of them.
  if (id === 0) return undefined;
  const found = host().findObject(id);
  if (found === false) return undefined;
  return found === true ? 'Preview is not available' : found[0];
}

/**
 * @param {object} how
 * @param {(name: unknown) => string} how.titleOf the title that a name makes
 * @param {boolean} how.keepsEmptyTitle else it is `Snapshot <uid>`
 * @param {boolean} [how.reportsProgress] whether `control` is ever called
 * @returns {object} the functions of a profiler
 */
function heapFunctions(how) {
  const state = { snapshots: {} };
  return {
    get snapshots() {
      return state.snapshots;
    },
    takeSnapshot: (name, control) => take(state, name, control, how),
    deleteAllSnapshots: () => deleteAll(state),
    startTrackingHeapObjects: () => host().startNumbering(),
    stopTrackingHeapObjects: () => host().stopNumbering(),
    getHeapStats: (iterator, callback) => stats(iterator, callback),
    getObjectByHeapObjectId: (id) => objectOf(id),
    getHeapObjectId: (...values) => (values.length > 0 ? host().objectId(values[0]) : undefined),
  };
}

module.exports = { heapFunctions };
