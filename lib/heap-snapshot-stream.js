'use strict';

/**
 * `heapSnapshotStream()`: a heap snapshot as a Readable with real back-pressure. Nothing is produced
 * ahead of the reader but one bounded queue.
 *
 * @module
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Readable } = require('node:stream');
const { abortedError, onAbort, throwIfAborted } = require('./abort.js');
const { Capture } = require('./capture.js');
const { enter } = require('./gate.js');
const { snapshotFigures } = require('./heap-snapshot.js');
const { fromEnvironment, resolveOptions } = require('./options.js');
const { startSnapshot } = require('./snapshot-strategy.js');
const { sweepOnce } = require('./sweep.js');

/** The size of the blocks of a backend, in bytes: one of them is kept ready. */
const BLOCK_BYTES = 65_536;

/** Where a backend may put what it cannot keep in memory. */
function temporaryFolder() {
  const dir = fromEnvironment('dir', 'heapSnapshot');
  if (dir === undefined) return os.tmpdir();
  try {
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch {
    // A backend that needs it says so, with the reason.
  }
  return path.resolve(dir);
}

class HeapSnapshotStream extends Readable {
  #ending = new AbortController();
  #recording;
  #setRecording;

  constructor(settings) {
    super({ highWaterMark: BLOCK_BYTES });
    this.#recording = new Promise((resolve) => {
      this.#setRecording = resolve;
    });
    /** The figures; rejects when the stream fails or is destroyed. Never an unhandled rejection. */
    this.result = this.#capture(settings);
    this.result.catch((error) => this.destroy(error));
  }

  /** Holds the gate from the very call on (the part before the first await is synchronous). */
  async #capture(settings) {
    const signal = this.#ending.signal;
    throwIfAborted(settings.signal);
    const stopListening = onAbort(settings.signal, () =>
      this.destroy(abortedError(settings.signal)),
    );
    try {
      const leave = await enter('heapSnapshot', { queue: settings.queue, signal });
      const capture = new Capture('heapSnapshot', settings, signal);
      capture.defer(leave);
      return await capture.run(() => this.#take(capture));
    } finally {
      stopListening();
    }
  }

  async #take(capture) {
    const tempDir = temporaryFolder();
    const backend = capture.backend();
    await sweepOnce(tempDir);
    throwIfAborted(capture.signal);
    const recording = startSnapshot(backend, capture.settings, { target: null, tempDir });
    this.#setRecording(recording);
    const report = await capture.follow(recording);
    return capture.result(snapshotFigures(report, capture.settings));
  }

  async #pull() {
    const recording = await this.#recording;
    const block = await recording.read();
    if (block) {
      this.push(block);
      return;
    }
    // The end counts as the end only when the backend says that everything was right.
    await this.result;
    this.push(null);
  }

  _read() {
    this.#pull().catch((error) => this.destroy(error));
  }

  /** Calls back when the capture is over and nothing of it is left. */
  _destroy(error, callback) {
    this.#ending.abort(error ?? undefined);
    const done = () => callback(error);
    this.result.then(done, done);
  }
}

/**
 * Takes a heap snapshot of this thread as a stream. See index.d.ts.
 *
 * @param {object} [options]
 * @returns {HeapSnapshotStream}
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG`, synchronously; all else destroys the stream
 */
function heapSnapshotStream(options) {
  return new HeapSnapshotStream(resolveOptions('heapSnapshotStream', options));
}

module.exports = { heapSnapshotStream };
