'use strict';

/**
 * Bytes in, compressed and counted bytes out: zlib's thread pool does the work, SHA-256 and sizes are
 * kept on the way.
 *
 * Memory: the buffers under way belong to the caller; besides them zlib's own state (gzip 0.3 MB, zstd
 * a few MB by level) and two 64 KiB blocks.
 *
 * @module
 */

const { createHash } = require('node:crypto');
const zlib = require('node:zlib');
const { RsprofError, toRsprofError } = require('../errors.js');

/** Size of the blocks a compressor hands out. */
const CHUNK_BYTES = 65_536;

/**
 * @param {'gzip'|'zstd'|'none'} compression
 * @throws {RsprofError} `ERR_RSPROF_UNSUPPORTED` where this Node has none of it
 */
function checkCompression(compression) {
  if (compression !== 'zstd' || typeof zlib.createZstdCompress === 'function') return;
  throw new RsprofError(
    'ERR_RSPROF_UNSUPPORTED',
    `rsprof cannot compress with zstd here: node:zlib of Node ${process.versions.node} has none ` +
      "(22.15 and 23.8 brought it) and the native addon is not in use; pass compression: 'gzip'",
  );
}

function createCompressor(compression, level) {
  if (compression === 'gzip') return zlib.createGzip({ level, chunkSize: CHUNK_BYTES });
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: level };
  return zlib.createZstdCompress({ chunkSize: CHUNK_BYTES, params });
}

/** Counts and hashes what goes to the sink. */
class Output {
  bytes = 0;
  #hash = createHash('sha256');
  #sink;

  constructor(sink) {
    this.#sink = sink;
  }

  async write(block) {
    this.#hash.update(block);
    this.bytes += block.length;
    await this.#sink.write(block);
  }

  sha256() {
    return this.#hash.digest('hex');
  }
}

/** No compression: writes one after the other. */
class PlainStage {
  #output;
  #tail = Promise.resolve();

  constructor(output) {
    this.#output = output;
  }

  write(buffer) {
    this.#tail = this.#tail.then(() => this.#output.write(buffer));
    return this.#tail;
  }

  finish() {
    return this.#tail;
  }

  fail() {}

  async settled() {
    await this.#tail.catch(() => {});
  }
}

/** A compressor of node:zlib and the loop that empties it. */
class ZlibStage {
  #stream;
  #pump;
  #pending = new Set();

  constructor(compressor, output, onError) {
    this.#stream = compressor;
    this.#pump = this.#run(output);
    this.#pump.catch(onError);
  }

  async #run(output) {
    for await (const block of this.#stream) await output.write(block);
  }

  write(buffer) {
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      this.#stream.write(buffer, (error) => {
        this.#pending.delete(reject);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  finish() {
    this.#stream.end();
    return this.#pump;
  }

  /** Wakes the writers: a destroyed stream does not call them all back. */
  fail(error) {
    this.#stream.on('error', () => {});
    this.#stream.destroy();
    for (const reject of this.#pending) reject(error);
    this.#pending.clear();
  }

  async settled() {
    await this.#pump.catch(() => {});
  }
}

/** The pipe from bytes to a sink. After a failure every call rejects with that failure. */
class Encoder {
  /** Bytes put in. */
  rawBytes = 0;
  #sink;
  #output;
  #stage;
  #error = null;

  /**
   * @param {object} options
   * @param {'gzip'|'zstd'|'none'} options.compression
   * @param {number} options.level gzip 1..9, zstd 1..19
   * @param {object} options.sink a FileSink or BlockQueue; the encoder closes it
   */
  constructor({ compression, level, sink }) {
    this.#sink = sink;
    this.#output = new Output(sink);
    this.#stage =
      compression === 'none'
        ? new PlainStage(this.#output)
        : new ZlibStage(createCompressor(compression, level), this.#output, (error) =>
            this.fail(error),
          );
  }

  /** The first failure, or null. */
  get error() {
    return this.#error;
  }

  /**
   * Several writes may be under way.
   *
   * @param {Buffer} buffer untouched until the promise settles
   * @returns {Promise<void>} once the bytes were taken
   */
  async write(buffer) {
    if (this.#error) throw this.#error;
    this.rawBytes += buffer.length;
    try {
      await this.#stage.write(buffer);
    } catch (error) {
      throw this.fail(error);
    }
  }

  /**
   * Ends the bytes, makes them durable, closes the sink.
   *
   * @returns {Promise<{ bytes: number, rawBytes: number, sha256: string }>}
   */
  async finish() {
    if (this.#error) throw this.#error;
    try {
      await this.#stage.finish();
      if (this.#error) throw this.#error;
      await this.#sink.finish();
      await this.#sink.close();
      if (this.#error) throw this.#error;
    } catch (error) {
      throw this.fail(error);
    }
    return { bytes: this.#output.bytes, rawBytes: this.rawBytes, sha256: this.#output.sha256() };
  }

  /**
   * The first failure wins and wakes everyone who waits.
   *
   * @param {unknown} error
   * @returns {RsprofError} the first one
   */
  fail(error) {
    if (!this.#error) {
      this.#error = toRsprofError(error, 'write the capture');
      this.#sink.fail(this.#error);
      this.#stage.fail(this.#error);
    }
    return this.#error;
  }

  /** Gives everything back after a failure: settles once no thread or descriptor is in use. */
  async destroy(error) {
    this.fail(error);
    await this.#stage.settled();
    await this.#sink.close().catch(() => {});
  }
}

module.exports = { CHUNK_BYTES, Encoder, checkCompression };
