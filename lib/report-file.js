'use strict';

/**
 * A diagnostic report as a file with a sidecar: of the action `report`, and of the profiler.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { performance } = require('node:perf_hooks');
const { throwIfAborted } = require('./abort.js');
const { Capture } = require('./capture.js');
const { fromSystemError } = require('./errors.js');
const { defaultName } = require('./naming.js');
const { diagnosticReport } = require('./watch/actions/diagnostic-report.js');

function makeFolder(dir) {
  try {
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fromSystemError(error, 'create the folder', dir);
  }
}

async function write(capture, network) {
  const output = capture.openOutput();
  capture.announce();
  await capture.swept;
  throwIfAborted(capture.signal);
  output.create();
  const begin = performance.now();
  const { report, isBrief } = diagnosticReport({ network });
  const pauseMs = performance.now() - begin;
  const text = `${JSON.stringify(report, null, 2)}\n`;
  await output.fill(text);
  return capture.commit(output, { bytes: Buffer.byteLength(text), pauseMs, isBrief });
}

/**
 * Writes a diagnostic report without secrets.
 *
 * @param {object} how
 * @param {string} how.dir made where it is missing
 * @param {string} [how.name] of the file, ending in `.report.json`
 * @param {boolean} [how.network] as of {@link diagnosticReport}
 * @param {string} [how.reason] for the sidecar
 * @param {AbortSignal} [how.signal]
 * @returns {Promise<object>} `path`, `sidecar`, `bytes`, `pauseMs`, `durationMs`, `startedAt` and others
 * @throws {RsprofError} ACCESS, DISK_FULL, IO, ABORTED; then nothing is left
 */
async function takeReport({ dir, name = defaultName('report', 'none'), network, reason, signal }) {
  makeFolder(dir);
  const capture = new Capture('report', {
    path: path.join(dir, name),
    compression: 'none',
    overwrite: false,
    sidecar: true,
    reason,
    signal,
  });
  return capture.run(() => write(capture, network));
}

module.exports = { takeReport };
