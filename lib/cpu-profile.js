'use strict';

/**
 * `startCpuProfile()` and `cpuProfile()`: where this thread spends its time, by sampling.
 *
 * @module
 */

const { resolveOptions } = require('./options.js');
const { startProfile, stopAfter } = require('./profile-handle.js');

/** The figures of a CPU profile as its caller gets them. */
function figures(report, recording, settings) {
  return {
    bytes: report.bytes,
    rawBytes: report.rawBytes,
    sha256: report.sha256,
    nodeCount: report.nodeCount,
    sampleCount: report.sampleCount,
    interval: settings.interval,
    startTime: report.startTime,
    endTime: report.endTime,
    startMs: recording.startMs,
    stopMs: report.stopMs,
    truncated: report.truncated,
    logging: recording.logging,
    topFunctions: report.topFunctions,
  };
}

function start(settings) {
  const { interval, maxSamples, mode, logging, title } = settings;
  const request = {
    interval,
    maxSamples,
    callerLines: mode === 'caller',
    eager: logging === 'eager',
    title,
  };
  return startProfile({
    kind: 'cpuProfile',
    settings,
    start: (backend) => backend.startCpuProfile(request),
    describe: (report, recording) => figures(report, recording, settings),
  });
}

/**
 * Starts a CPU profile of this thread. See index.d.ts.
 *
 * @param {object} [options]
 * @returns {ProfileHandle}
 * @throws {RsprofError} synchronously
 */
function startCpuProfile(options) {
  return start(resolveOptions('startCpuProfile', options));
}

/**
 * Records a CPU profile of this thread for some seconds. See index.d.ts.
 *
 * @param {object} [options]
 * @returns {Promise<object>}
 */
async function cpuProfile(options) {
  const settings = resolveOptions('cpuProfile', options);
  return stopAfter(start(settings), settings.seconds);
}

module.exports = { cpuProfile, startCpuProfile };
