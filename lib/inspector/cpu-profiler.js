'use strict';

/**
 * The two ways to V8's CPU profiler without the addon: an inspector session, or `v8.startCpuProfile()`
 * where the permission model denies the session (Node 24 and up).
 *
 * Both: `stop()` gives the profile in the protocol's shape, `discard()` ends it for nothing.
 *
 * @module
 */

const v8 = require('node:v8');
const { RsprofError } = require('../errors.js');
const { inspectorGrant, unavailable, unsupported } = require('./grants.js');
const { InspectorSession, SessionDenied } = require('./session.js');

/** V8's own sampling interval, in microseconds: without a session others are multiples of it. */
const BASE_INTERVAL = 1000;

function internal(action, error) {
  const message = `rsprof cannot ${action} the CPU profile: ${error.message}`;
  return new RsprofError('ERR_RSPROF_INTERNAL', message, { cause: error });
}

/** Profiles of several sessions overlap, each with its own interval. */
class SessionProfiler {
  #session;

  constructor(interval) {
    this.#session = new InspectorSession();
    try {
      this.#session.post('Profiler.enable');
      this.#session.post('Profiler.setSamplingInterval', { interval });
      this.#session.post('Profiler.start');
    } catch (error) {
      this.#session.close();
      throw internal('start', error);
    }
  }

  stop() {
    try {
      return this.#session.post('Profiler.stop').profile;
    } catch (error) {
      throw internal('stop', error);
    } finally {
      this.#session.close();
    }
  }

  discard() {
    this.#session.close();
  }
}

/** Node 26 takes options, 24 and 25 have V8's defaults only. */
const takesOptions = () => v8.startCpuProfile.length > 0;

function canSampleEvery(interval) {
  return interval === BASE_INTERVAL || (takesOptions() && interval % BASE_INTERVAL === 0);
}

/** `v8.startCpuProfile()`: needs no grant. */
class NodeProfiler {
  #handle;

  constructor(interval, maxSamples) {
    try {
      // Milliseconds, in Node.
      const options = { sampleInterval: interval / 1000, maxBufferSize: maxSamples };
      this.#handle = takesOptions() ? v8.startCpuProfile(options) : v8.startCpuProfile();
    } catch (error) {
      throw internal('start', error);
    }
  }

  stop() {
    try {
      return JSON.parse(this.#handle.stop());
    } catch (error) {
      throw internal('stop', error);
    }
  }

  discard() {
    this.#handle.stop();
  }
}

function startNodeProfiler(request, denied) {
  if (typeof v8.startCpuProfile !== 'function') {
    throw unavailable('a CPU profile', denied, 'v8.startCpuProfile()');
  }
  if (!canSampleEvery(request.interval)) {
    const possible = takesOptions() ? `multiples of ${BASE_INTERVAL} us` : `${BASE_INTERVAL} us`;
    throw unsupported(
      `sample every ${request.interval} us here: without the inspector Node ${process.versions.node} does ${possible} only`,
      `leave interval out, or ${inspectorGrant()}`,
    );
  }
  return new NodeProfiler(request.interval, request.maxSamples);
}

/**
 * Starts V8's profiler on this thread. It samples when this returns.
 *
 * @param {{ interval: number, maxSamples: number }} request
 * @returns {SessionProfiler|NodeProfiler}
 * @throws {RsprofError} UNAVAILABLE, UNSUPPORTED, INTERNAL
 */
function startCpuProfiler(request) {
  try {
    return new SessionProfiler(request.interval);
  } catch (error) {
    if (!(error instanceof SessionDenied)) throw error;
    return startNodeProfiler(request, error);
  }
}

module.exports = { startCpuProfiler };
