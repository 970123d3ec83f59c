'use strict';

/**
 * The host on node:inspector, see host.js.
 *
 * V8 forgets the ids of all objects when a session ends. So sessions are kept: one for the heap, and as
 * many for CPU profiles as ever ran at once. None of them keeps the program alive.
 *
 * @module
 */

const os = require('node:os');
const { RsprofError, toRsprofError } = require('../../errors.js');
const { startCpuProfiler } = require('../../inspector/cpu-profiler.js');
const { inspectorGrant, unsupported } = require('../../inspector/grants.js');
const { startHeapSampler } = require('../../inspector/heap-profiler.js');
const { InspectorSession, SessionDenied } = require('../../inspector/session.js');
const { writeRawFile } = require('../../inspector/raw-snapshot.js');
const { InspectorGraph } = require('./inspector-graph.js');
const { rawCpuProfile, rawHeapProfile } = require('./protocol-profiles.js');
const { RemoteObjects } = require('./remote-objects.js');

/** More, and V8's own converter ends the process: see lib/inspector/heap-profiler.js. */
const MOST_FRAMES = 128;

const BLOCK_BYTES = 1 << 16;

/** Sessions whose CPU profile has ended. */
const idle = [];

let heapSession;

function call(action, work) {
  try {
    return work();
  } catch (error) {
    throw toRsprofError(error, action);
  }
}

/** A session, or undefined where the permission model denies it. */
function tryHeapSession() {
  try {
    heapSession ??= new InspectorSession();
    return heapSession;
  } catch (error) {
    if (error instanceof SessionDenied) return undefined;
    throw error;
  }
}

function needSession(what) {
  const session = tryHeapSession();
  if (session) return session;
  throw new RsprofError(
    'ERR_RSPROF_UNAVAILABLE',
    `rsprof cannot ${what} without the inspector; ${inspectorGrant()}`,
  );
}

function trySession() {
  try {
    return idle.pop() ?? new InspectorSession();
  } catch (error) {
    if (error instanceof SessionDenied) return undefined;
    throw error;
  }
}

function startInSession(session, interval) {
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval });
  session.post('Profiler.start');
  return () => {
    const { profile } = session.post('Profiler.stop');
    idle.push(session);
    return profile;
  };
}

function startCpu({ interval, records }) {
  const session = trySession();
  const stop = session
    ? call('start the CPU profile', () => startInSession(session, interval))
    : stopperOf(startCpuProfiler({ interval, maxSamples: 2 ** 31 - 1 }));
  return { stop: () => rawCpuProfile(call('stop the CPU profile', stop), records) };
}

const stopperOf = (profiler) => () => profiler.stop();

function startSampling({ interval, depth }) {
  const stackDepth = Math.min(depth, MOST_FRAMES);
  const session = tryHeapSession();
  const stop = session
    ? startSampler(session, { samplingInterval: interval, stackDepth })
    : stopperOf(startHeapSampler({ interval, stackDepth, includeCollected: false }));
  return { stop: () => rawHeapProfile(call('stop the heap profile', stop)) };
}

/** A second sampler of the isolate would be ignored without a word, and its stop would end the first. */
function startSampler(session, request) {
  if (samples(session)) {
    throw new RsprofError(
      'ERR_RSPROF_BUSY',
      'rsprof cannot record a heap profile: somebody else samples allocations on this thread already; stop that first',
    );
  }
  call('start the heap profile', () => session.post('HeapProfiler.startSampling', request));
  return () => session.post('HeapProfiler.stopSampling').profile;
}

function samples(session) {
  try {
    session.post('HeapProfiler.getSamplingProfile');
    return true;
  } catch {
    return false;
  }
}

/** V8's inspector answers at once up to Node 22 only: V8 writes into a file that has no name. */
function takeGraph() {
  const source = writeRawFile(os.tmpdir());
  try {
    const graph = new InspectorGraph();
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    for (let bytes = source.readSync(block); bytes; bytes = source.readSync(block)) {
      graph.write(bytes);
    }
    graph.finish();
    return graph;
  } catch (error) {
    throw toRsprofError(error, 'read the heap snapshot back');
  } finally {
    source.closeSync();
  }
}

/**
 * An inspector that tracks objects collects all garbage every 50 milliseconds to count them, and hands the
 * counts out whenever the event loop turns.
 */
function cannotTrack() {
  throw unsupported(
    'track heap objects here: node:inspector stops the program 20 times a second for it, and the native addon is not in use',
    'compare two snapshots, or use the native back end',
  );
}

const remoteObjects = (what) => new RemoteObjects(needSession(what));

module.exports = {
  startCpu,
  startSampling,
  takeGraph,
  startNumbering: cannotTrack,
  /** Nobody has started it. */
  stopNumbering() {},
  heapStats: cannotTrack,
  objectId: (value) => remoteObjects('look an object up').idOf(value),
  findObject: (id) => remoteObjects('look an id up').find(id),
  /** The inspector takes samples on its timer only. */
  collectSample() {},
};
