'use strict';

/**
 * Ways to take a heap snapshot. Each answers a request with the same recording, so that the callers
 * (lib/heap-snapshot.js, lib/heap-snapshot-stream.js) do not know which one it was: a way that can
 * fail half-way and fall back to another one does so behind the recording it returned.
 *
 * @module
 */

const { RsprofError } = require('./errors.js');
const { ForkRecording } = require('./fork-recording.js');
const { redactionKey } = require('./redaction-key.js');

/** Strategy -> (backend, request) -> recording. */
const STRATEGIES = Object.freeze({
  /** V8 builds its graph in this process, on the JS thread. */
  inline: (backend, request) => backend.takeSnapshot(request),
  /** V8 builds its graph in a forked child. */
  fork: (backend, request) => new ForkRecording(backend, request),
});

/** @returns {string|undefined} why this process cannot be forked */
function unforkable(backend) {
  return backend.unforkable ? backend.unforkable() : 'it needs the native back end';
}

function choose(backend, strategy) {
  if (strategy === 'inline') return STRATEGIES.inline;
  const reason = unforkable(backend);
  if (!reason) return STRATEGIES.fork;
  if (strategy === 'auto') return STRATEGIES.inline;
  const message = `rsprof cannot fork here: ${reason}; use strategy 'auto' or 'inline'`;
  throw new RsprofError('ERR_RSPROF_UNSUPPORTED', message);
}

/**
 * Starts a snapshot; when this returns the JS thread has been stopped for as long as the strategy stops it.
 *
 * @param {object} backend see lib/backend.js
 * @param {object} settings options of heapSnapshot or heapSnapshotStream
 * @param {{ target: string|null, tempDir: string }} place the partial file to write (null: the
 *   recording is read as a stream), and a folder for temporary files
 * @returns {object} `{ done, progress(), abort(), abortSync(), read() }`
 * @throws {RsprofError} UNSUPPORTED, UNAVAILABLE, IO and others
 */
function startSnapshot(backend, settings, { target, tempDir }) {
  const { compression, level, numericValues, exposeInternals, redact, strategy } = settings;
  return choose(backend, strategy)(backend, {
    target,
    tempDir,
    compression,
    level,
    numericValues,
    exposeInternals,
    redactKey: redact === 'strings' ? redactionKey() : null,
    spill: settings.spill,
    force: settings.force,
    stableIds: settings.stableIds,
    fallback: settings.fallback,
    budget: settings.budget,
  });
}

module.exports = { startSnapshot, unforkable };
