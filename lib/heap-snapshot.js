'use strict';

/**
 * `heapSnapshot()`: everything V8 keeps on the heap of this thread, as a file.
 *
 * @module
 */

const { throwIfAborted } = require('./abort.js');
const { Capture } = require('./capture.js');
const { enter } = require('./gate.js');
const { resolveOptions } = require('./options.js');
const { startSnapshot } = require('./snapshot-strategy.js');

/**
 * The figures of a snapshot as its caller gets them.
 *
 * @param {object} report of the recording
 * @param {object} settings the options with their defaults
 * @returns {object}
 */
function snapshotFigures(report, settings) {
  const { forkMs = 0, graphMs, serializeMs, releaseMs } = report.pauses;
  return {
    bytes: report.bytes,
    rawBytes: report.rawBytes,
    sha256: report.sha256,
    nodeCount: report.nodeCount,
    edgeCount: report.edgeCount,
    pauseMs: forkMs + graphMs + serializeMs + releaseMs,
    pauses: { forkMs, graphMs, serializeMs, releaseMs },
    strategy: report.strategy,
    fork: report.fork ?? null,
    fallback: report.fallback ?? null,
    // In one process V8 keeps the numbers of objects; a child's end with it.
    stableIds: report.strategy === 'inline' || settings.stableIds,
    serializedOn: report.serializedOn,
    redact: settings.redact,
    topClasses: report.topClasses,
  };
}

async function takeToFile(capture) {
  const { settings, signal } = capture;
  const output = capture.openOutput();
  const backend = capture.backend();
  await capture.swept;
  throwIfAborted(signal);
  output.create(capture.guardFile);
  const recording = startSnapshot(backend, settings, {
    target: output.partial,
    tempDir: output.dir,
  });
  const report = await capture.follow(recording);
  throwIfAborted(signal);
  return capture.commit(output, snapshotFigures(report, settings));
}

/**
 * Takes a heap snapshot of this thread and writes it to a file. See index.d.ts.
 *
 * @param {object} [options]
 * @returns {Promise<object>}
 */
async function heapSnapshot(options) {
  const settings = resolveOptions('heapSnapshot', options);
  const leave = await enter('heapSnapshot', settings);
  const capture = new Capture('heapSnapshot', settings);
  capture.defer(leave);
  const result = await capture.run(() => takeToFile(capture));
  // Out of the gate: the next snapshot need not wait for it.
  return settings.analyze
    ? require('./analysis-process.js').withAnalysis(result, settings)
    : result;
}

module.exports = { heapSnapshot, snapshotFigures };
