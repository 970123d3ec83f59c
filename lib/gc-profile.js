'use strict';

/**
 * `startGcProfile()` and `gcProfile()`: what the garbage collections of this thread cost, and what to do
 * about it. JavaScript only, whichever back end serves.
 *
 * @module
 */

const { threadId } = require('node:worker_threads');
const { throwIfAborted } = require('./abort.js');
const { Capture } = require('./capture.js');
const { advise } = require('./gc/advice.js');
const { gcFigures } = require('./gc/figures.js');
const { GcRecording } = require('./gc/recording.js');
const { verdict } = require('./gc/verdict.js');
const { resolveOptions } = require('./options.js');
const { ProfileHandle, stopAfter } = require('./profile-handle.js');

/** What the caller gets; plain data. */
function describe(recorded, startedAt) {
  const figures = gcFigures(recorded);
  const advice = advise(figures);
  return {
    kind: 'gcProfile',
    startedAt,
    verdict: verdict(figures, advice),
    advice,
    ...figures,
    node: process.versions.node,
    pid: process.pid,
    threadId,
  };
}

function start(settings) {
  const capture = new Capture('gcProfile', settings);
  try {
    throwIfAborted(settings.signal);
    const recording = new GcRecording();
    const startedAt = new Date().toISOString();
    capture.announce();
    return new ProfileHandle({
      capture,
      recording,
      describe: (recorded) => describe(recorded, startedAt),
    });
  } catch (error) {
    throw capture.fail(error);
  }
}

/**
 * Starts to record the garbage collections of this thread. See index.d.ts.
 *
 * @param {object} [options]
 * @returns {ProfileHandle}
 * @throws {RsprofError} synchronously
 */
function startGcProfile(options) {
  return start(resolveOptions('startGcProfile', options));
}

/**
 * Records the garbage collections of this thread for some seconds. See index.d.ts.
 *
 * @param {object} [options]
 * @returns {Promise<object>}
 */
async function gcProfile(options) {
  const settings = resolveOptions('gcProfile', options);
  return stopAfter(start(settings), settings.seconds);
}

module.exports = { gcProfile, startGcProfile };
