'use strict';

/**
 * The two ways to V8's allocation sampler without the addon: an inspector session, or
 * `v8.startHeapProfile()` where the permission model denies the session (Node 26).
 *
 * V8 has one sampler an isolate, whoever started it: one that runs already is left alone.
 *
 * Both: `stop()` gives the profile in the protocol's shape, `discard()` ends it for nothing.
 *
 * @module
 */

const v8 = require('node:v8');
const { RsprofError } = require('../errors.js');
const { unavailable, unsupported } = require('./grants.js');
const { InspectorSession, SessionDenied } = require('./session.js');

/**
 * Frames that V8's inspector keeps; Node 26 takes `stackDepth`. More must not be asked for: from some 145
 * frames on the answer is nested deeper than V8's own JSON converter goes, and V8 ends the process.
 */
const MOST_FRAMES = 128;

/** First Node line whose V8 takes the flags of `includeCollected`. */
const COLLECTED_SINCE = 20;

const MAJOR = Number.parseInt(process.versions.node, 10);

function busy(cause) {
  return new RsprofError(
    'ERR_RSPROF_BUSY',
    'rsprof cannot record a heap profile: somebody else samples allocations on this thread already ' +
      '(a debugger, or another library); stop that first',
    { cause },
  );
}

function internal(action, error) {
  const message = `rsprof cannot ${action} the heap profile: ${error.message}`;
  return new RsprofError('ERR_RSPROF_INTERNAL', message, { cause: error });
}

/** V8's flags by the name of the option. */
function collectedFlags(includeCollected) {
  return {
    includeObjectsCollectedByMajorGC: includeCollected === 'major' || includeCollected === 'all',
    includeObjectsCollectedByMinorGC: includeCollected === 'all',
  };
}

/** V8 ignores what it does not know: better to say so. */
function checkRequest({ stackDepth, includeCollected }) {
  const node = `the inspector of Node ${process.versions.node}`;
  if (includeCollected && MAJOR < COLLECTED_SINCE) {
    throw unsupported(
      `record with includeCollected '${includeCollected}' here: ${node} does not know it (20 and up do)`,
      'leave it out',
    );
  }
  if (stackDepth > MOST_FRAMES) {
    throw unsupported(
      `keep ${stackDepth} frames here: ${node} keeps ${MOST_FRAMES} and the native addon is not in use`,
      `pass a stackDepth of at most ${MOST_FRAMES}`,
    );
  }
}

class SessionSampler {
  #session;

  constructor(request) {
    this.#session = new InspectorSession();
    try {
      checkRequest(request);
      if (this.#runsAlready()) throw busy();
      this.#session.post('HeapProfiler.startSampling', {
        samplingInterval: request.interval,
        stackDepth: request.stackDepth,
        ...collectedFlags(request.includeCollected),
      });
    } catch (error) {
      this.#session.close();
      throw error instanceof RsprofError ? error : internal('start', error);
    }
  }

  /** A second start would be ignored without a word, and its stop would end the first. */
  #runsAlready() {
    try {
      this.#session.post('HeapProfiler.getSamplingProfile');
      return true;
    } catch {
      return false;
    }
  }

  stop() {
    try {
      return this.#session.post('HeapProfiler.stopSampling').profile;
    } catch (error) {
      throw internal('stop', error);
    } finally {
      this.#session.close();
    }
  }

  discard() {
    try {
      this.#session.post('HeapProfiler.stopSampling');
    } catch {
      // Somebody else ended it.
    }
    this.#session.close();
  }
}

/** `v8.startHeapProfile()`: needs no grant. */
class NodeSampler {
  #handle;

  constructor({ interval, stackDepth, includeCollected }) {
    try {
      this.#handle = v8.startHeapProfile({
        sampleInterval: interval,
        stackDepth,
        ...collectedFlags(includeCollected),
      });
    } catch (error) {
      throw error.code === 'ERR_HEAP_PROFILE_HAVE_BEEN_STARTED'
        ? busy(error)
        : internal('start', error);
    }
  }

  stop() {
    try {
      const text = this.#handle.stop();
      if (text === undefined) throw new Error('somebody else ended it');
      return JSON.parse(text);
    } catch (error) {
      throw internal('stop', error);
    }
  }

  discard() {
    this.#handle.stop();
  }
}

function startNodeSampler(request, denied) {
  if (typeof v8.startHeapProfile !== 'function') {
    throw unavailable('a heap profile', denied, 'v8.startHeapProfile()');
  }
  return new NodeSampler(request);
}

/**
 * Starts V8's sampler on this thread. It samples when this returns.
 *
 * @param {{ interval: number, stackDepth: number, includeCollected: false|'major'|'all' }} request
 * @returns {SessionSampler|NodeSampler}
 * @throws {RsprofError} BUSY, UNSUPPORTED, UNAVAILABLE, INTERNAL
 */
function startHeapSampler(request) {
  try {
    return new SessionSampler(request);
  } catch (error) {
    if (!(error instanceof SessionDenied)) throw error;
    return startNodeSampler(request, error);
  }
}

module.exports = { startHeapSampler };
