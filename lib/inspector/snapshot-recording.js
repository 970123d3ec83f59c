'use strict';

/**
 * One heap snapshot on its way from V8 to a file or a reader.
 *
 * The JS thread stops while V8 builds and writes the raw snapshot. Reading it back, checking and
 * redacting it is done in slices of a few milliseconds between turns of the event loop; compression and
 * disk are the thread pool's.
 *
 * Memory, whatever the snapshot's size: three buffers of 256 KiB (four while redacting), the
 * compressor's own, and what the scanner keeps: a tally a class, and while redacting a byte a string.
 *
 * @module
 */

const { performance } = require('node:perf_hooks');
const { setImmediate: nextTurn } = require('node:timers/promises');
const { abortedError } = require('../abort.js');
const { BlockQueue } = require('./block-queue.js');
const { BufferPool } = require('./buffer-pool.js');
const { Encoder, checkCompression } = require('./encode.js');
const { FileSink } = require('./file-sink.js');
const { heapOptions, writeRawSnapshot } = require('./raw-snapshot.js');
const { SnapshotScanner } = require('./snapshot-scan.js');

/** Size of a buffer, and how many of them go round. */
const BUFFER_BYTES = 262_144;
const BUFFERS = 3;

/** Redacted bytes are handed on from here: a slice more still fits the buffer. */
const FLUSH_BYTES = 196_608;

/** The scanner gets this much at once: under a millisecond. */
const SLICE_BYTES = 8192;

/** The event loop gets its turn after this long. */
const TURN_MS = 4;

class SnapshotRecording {
  #source;
  #encoder;
  #scanner;
  #queue;
  #redacting;
  #pauses;
  #pool = new BufferPool(BUFFERS, BUFFER_BYTES);
  #turnBegan = 0;
  #finished = false;

  constructor({ source, sink, request, graphMs }) {
    this.#source = source;
    this.#queue = sink instanceof BlockQueue ? sink : null;
    this.#encoder = new Encoder({ compression: request.compression, level: request.level, sink });
    this.#scanner = new SnapshotScanner({ redactKey: request.redactKey });
    this.#redacting = request.redactKey !== null;
    // V8 serialises inside the same call: no telling how long it took by itself.
    this.#pauses = { graphMs, serializeMs: 0, releaseMs: 0 };
    /** The figures, once everything is given back; rejects with an RsprofError. */
    this.done = this.#run();
    this.done.catch(() => {});
  }

  /** Cheap. In bytes of V8's JSON; `total` is 0 where it is not known. */
  progress() {
    return {
      done: this.#scanner.offset,
      total: this.#source.size,
      rawBytes: this.#scanner.offset,
      finished: this.#finished,
    };
  }

  /** `done` rejects with `ERR_RSPROF_ABORTED`, soon. */
  abort() {
    if (!this.#finished) this.#encoder.fail(abortedError());
  }

  /** The process exits: its descriptors go with it, and the raw file has no name any more. */
  abortSync() {
    this.abort();
  }

  /**
   * Stream mode only.
   *
   * @returns {Promise<Buffer|null>} the next bytes, at most 64 KiB; null at the end or after a failure
   */
  async read() {
    return this.#queue ? this.#queue.read() : null;
  }

  async #run() {
    try {
      await this.#copy();
      const graph = this.#scanner.end();
      if (this.#redacting) await this.#flush();
      const file = await this.#encoder.finish();
      return { ...file, ...graph, pauses: this.#pauses, serializedOn: 'main', strategy: 'inline' };
    } catch (error) {
      const first = this.#encoder.fail(error);
      await this.#encoder.destroy(first);
      throw first;
    } finally {
      this.#finished = true;
      await this.#source.close();
    }
  }

  async #copy() {
    // A redacted snapshot leaves in other buffers than it came in.
    const own = this.#redacting ? Buffer.allocUnsafeSlow(BUFFER_BYTES) : null;
    for (;;) {
      const buffer = own ?? (await this.#pool.acquire());
      this.#throwIfFailed();
      const bytes = await this.#source.read(buffer);
      this.#turnBegan = performance.now();
      if (bytes === null) return;
      if (!this.#redacting) this.#send(bytes, buffer);
      await this.#scan(bytes);
    }
  }

  async #scan(bytes) {
    for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
      this.#scanner.write(bytes, start, Math.min(start + SLICE_BYTES, bytes.length));
      if (this.#redacting && this.#scanner.pending >= FLUSH_BYTES) await this.#flush();
      if (performance.now() - this.#turnBegan > TURN_MS) await this.#yield();
    }
  }

  async #flush() {
    const bytes = this.#scanner.take(await this.#pool.acquire());
    this.#throwIfFailed();
    this.#send(bytes, bytes);
  }

  /** Hands `bytes` to the encoder and gives `buffer` back to the pool when it is done with them. */
  #send(bytes, buffer) {
    const release = () => this.#pool.release(buffer);
    // A failure stays in the encoder: the next step meets it.
    this.#encoder.write(bytes).then(release, release);
  }

  async #yield() {
    await nextTurn();
    this.#turnBegan = performance.now();
    this.#throwIfFailed();
  }

  #throwIfFailed() {
    if (this.#encoder.error) throw this.#encoder.error;
  }
}

/** Runs `call`, and closes `sink` should it throw. */
function orClose(sink, call) {
  try {
    return call();
  } catch (error) {
    sink.closeSync();
    throw error;
  }
}

/**
 * Takes a snapshot of this thread's heap. Returns when V8 is done with it.
 *
 * @param {object} request see the backend interface
 * @returns {SnapshotRecording}
 * @throws {import('../errors.js').RsprofError}
 */
function takeSnapshot(request) {
  checkCompression(request.compression);
  heapOptions(request);
  const sink = request.target === null ? new BlockQueue() : new FileSink(request.target);
  const began = performance.now();
  const source = orClose(sink, () => writeRawSnapshot(request));
  const graphMs = performance.now() - began;
  return new SnapshotRecording({ source, sink, request, graphMs });
}

module.exports = { BUFFERS, BUFFER_BYTES, takeSnapshot };
