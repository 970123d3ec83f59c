'use strict';

/**
 * The host on the addon, see host.js.
 *
 * @module
 */

const addon = require('../../../native/index.js');
const { toRsprofError } = require('../../errors.js');
const { finishSerializing } = require('../../inspector-guard.js');
const { NativeGraph } = require('./native-graph.js');

const ALL_SAMPLES = 2 ** 32 - 1;

/** Calls the addon; what it throws becomes an RsprofError. */
function call(action, work) {
  try {
    return work();
  } catch (error) {
    throw toRsprofError(error, action);
  }
}

function startCpu({ interval, records, eager }) {
  const maxSamples = records ? ALL_SAMPLES : 0;
  const request = { interval, maxSamples, callerLines: false, eager };
  const recording = call('start the CPU profile', () => addon.startCpuProfile(request));
  return { stop: () => call('stop the CPU profile', () => JSON.parse(recording.stopHere())) };
}

function startSampling({ interval, depth }) {
  const request = { interval, stackDepth: depth, includeCollected: 0 };
  const recording = call('start the heap profile', () => addon.startHeapProfile(request));
  return { stop: () => stopSampling(recording) };
}

function stopSampling(recording) {
  try {
    return JSON.parse(recording.stopHere());
  } catch (error) {
    if (error.code === 'ERR_RSPROF_ABORTED') return undefined;
    throw toRsprofError(error, 'stop the heap profile');
  }
}

/** While another thread writes a snapshot, V8's ids must be left alone. */
function withIds(action, work) {
  finishSerializing();
  return call(action, work);
}

module.exports = {
  startCpu,
  startSampling,
  takeGraph: () => new NativeGraph(call('take the heap snapshot', () => addon.takeGraphSnapshot())),
  startNumbering: () => withIds('track heap objects', () => addon.startNumbering()),
  stopNumbering: () => withIds('stop tracking heap objects', () => addon.stopNumbering()),
  heapStats: () => withIds('count the heap objects', () => addon.heapStats()),
  objectId: (value) => call('look an object up', () => addon.objectId(value)),
  findObject: (id) => call('look an id up', () => addon.findObject(id)),
  collectSample: () => addon.collectSample(),
};
