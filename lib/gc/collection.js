'use strict';

/**
 * One collection, as `v8.GCProfiler` records it.
 *
 * @module
 */

const { recordedHeap } = require('./heap-state.js');
const { KINDS } = require('./kinds.js');

/**
 * @param {object} record of `v8.GCProfiler`
 * @returns {{ kind: string, ms: number, before: object, after: object }} `ms` that JavaScript stood still
 */
function readCollection(record) {
  return {
    kind: KINDS[record.gcType] ?? 'other',
    ms: record.cost / 1000,
    before: recordedHeap(record.beforeGC),
    after: recordedHeap(record.afterGC),
  };
}

module.exports = { readCollection };
