'use strict';

/**
 * `startHeapProfile()` and `heapProfile()`: which functions allocate, by sampling.
 *
 * @module
 */

const { throwIfAborted } = require('./abort.js');
const { enter, tryEnter } = require('./gate.js');
const { resolveOptions } = require('./options.js');
const { startProfile, stopAfter } = require('./profile-handle.js');

/** The figures of a heap profile as its caller gets them. */
function figures(report, recording, settings) {
  return {
    bytes: report.bytes,
    rawBytes: report.rawBytes,
    sha256: report.sha256,
    nodeCount: report.nodeCount,
    totalBytes: report.totalBytes,
    interval: settings.interval,
    stackDepth: settings.stackDepth,
    includeCollected: settings.includeCollected,
    startMs: recording.startMs,
    stopMs: report.stopMs,
    topFunctions: report.topFunctions,
  };
}

function start(settings, leave) {
  const { interval, stackDepth, includeCollected } = settings;
  return startProfile({
    kind: 'heapProfile',
    settings,
    leave,
    start: (backend) => backend.startHeapProfile({ interval, stackDepth, includeCollected }),
    describe: (report, recording) => figures(report, recording, settings),
  });
}

/**
 * Starts an allocation profile of this thread. See index.d.ts.
 *
 * @param {object} [options]
 * @returns {ProfileHandle}
 * @throws {RsprofError} synchronously
 */
function startHeapProfile(options) {
  const settings = resolveOptions('startHeapProfile', options);
  throwIfAborted(settings.signal);
  return start(settings, tryEnter('heapProfile'));
}

/**
 * Records an allocation profile of this thread for some seconds. See index.d.ts.
 *
 * @param {object} [options]
 * @returns {Promise<object>}
 */
async function heapProfile(options) {
  const settings = resolveOptions('heapProfile', options);
  const leave = await enter('heapProfile', settings);
  return stopAfter(start(settings, leave), settings.seconds);
}

module.exports = { heapProfile, startHeapProfile };
