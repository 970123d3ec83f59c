'use strict';

/**
 * Has V8 write its snapshot, and reads it back.
 *
 * The way through a file keeps memory small: V8 writes JSON straight to disk, and nothing but the
 * descriptor is left of that file before a byte of it is read. Where the permission model denies the
 * file, `v8.getHeapSnapshot()` serves: V8 then hands over JSON in memory (Node up to 25 all of it at once).
 *
 * @module
 */

const { randomBytes } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');
const { RsprofError, fromSystemError } = require('../errors.js');
const { partialName } = require('../naming.js');
const { identity } = require('../process-identity.js');

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_RDWR } = fs.constants;
const CREATE = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
const FILE_MODE = 0o600;

function unlinkQuietly(file) {
  try {
    fs.unlinkSync(file);
  } catch {
    // Gone already.
  }
}

/** Bytes of a file that has no name any more. */
class FileSource {
  #fd;
  #position = 0;

  constructor(fd) {
    this.#fd = fd;
    /** Bytes to come, in all. */
    this.size = fs.fstatSync(fd).size;
  }

  /**
   * @param {Buffer} buffer read into
   * @returns {Promise<Buffer|null>} what was read; null at the end
   */
  read(buffer) {
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, buffer, 0, buffer.length, this.#position, (error, count) => {
        if (error) reject(fromSystemError(error, 'read', 'the heap snapshot back'));
        else resolve(count > 0 ? buffer.subarray(0, count) : null);
        this.#position += count ?? 0;
      });
    });
  }

  /** No read may be under way. */
  close() {
    return new Promise((resolve) => {
      fs.close(this.#fd, () => resolve());
    });
  }
}

/** Bytes of a stream of Node's. */
class StreamSource {
  #stream;
  #chunks;

  constructor(stream) {
    this.#stream = stream;
    // V8 serialises at the first read: now, so that it counts as the stop it is.
    stream.read(0);
    this.#chunks = stream[Symbol.asyncIterator]();
    /** Not known before the end. */
    this.size = 0;
  }

  async read() {
    const { done, value } = await this.#chunks.next();
    return done ? null : value;
  }

  async close() {
    this.#stream.destroy();
  }
}

/**
 * @param {{ numericValues: boolean, exposeInternals: boolean }} request
 * @returns {object} options of node:v8
 * @throws {RsprofError} `ERR_RSPROF_UNSUPPORTED` on Node 18, which takes none
 */
function heapOptions({ numericValues, exposeInternals }) {
  if ((numericValues || exposeInternals) && v8.writeHeapSnapshot.length < 2) {
    const name = numericValues ? 'numericValues' : 'exposeInternals';
    throw new RsprofError(
      'ERR_RSPROF_UNSUPPORTED',
      `rsprof cannot do ${name} here: node:v8 of Node ${process.versions.node} has no such option (20 and up have) ` +
        'and the native addon is not in use; leave it out',
    );
  }
  return { exposeNumericValues: numericValues, exposeInternals };
}

/** Where the raw file goes: beside the target, or into `tempDir` when there is none. */
function rawName(target, tempDir) {
  const suffix = partialName('', identity());
  if (target === null) {
    const unique = randomBytes(8).toString('hex');
    return path.join(tempDir, `rsprof-${unique}.heapsnapshot.raw${suffix}`);
  }
  const final = target.endsWith(suffix) ? target.slice(0, -suffix.length) : target;
  return `${final}.raw${suffix}`;
}

/** Whether a file can be written by its descriptor's path: it then needs no name from the start. */
function reachable(descriptorPath) {
  if (process.platform !== 'linux' || process.permission) return false;
  try {
    fs.accessSync(descriptorPath, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** V8 writes into the file `name`, which is empty and open as `fd`. The name is gone afterwards. */
function fill(fd, name, options) {
  const byDescriptor = `/proc/self/fd/${fd}`;
  try {
    if (!reachable(byDescriptor)) {
      v8.writeHeapSnapshot(name, options);
      return;
    }
    // Without a name nothing is left even if the process is killed in here.
    unlinkQuietly(name);
    v8.writeHeapSnapshot(byDescriptor, options);
  } finally {
    unlinkQuietly(name);
  }
}

function throughFile(name, options) {
  let fd;
  try {
    fd = fs.openSync(name, CREATE, FILE_MODE);
    fill(fd, name, options);
    return new FileSource(fd);
  } catch (error) {
    if (fd !== undefined) fs.closeSync(fd);
    throw error;
  }
}

/**
 * Stops the thread: builds V8's graph and has it written.
 *
 * @param {{ target: string|null, tempDir: string, numericValues: boolean, exposeInternals: boolean }} request
 * @returns {FileSource|StreamSource}
 * @throws {RsprofError} DISK_FULL and the like, when the raw file cannot be written
 */
function writeRawSnapshot(request) {
  const options = heapOptions(request);
  const name = rawName(request.target, request.tempDir);
  try {
    return throughFile(name, options);
  } catch (error) {
    if (error?.code === 'ERR_ACCESS_DENIED') return new StreamSource(v8.getHeapSnapshot(options));
    throw fromSystemError(error, 'write the uncompressed heap snapshot', name);
  }
}

module.exports = { heapOptions, rawName, writeRawSnapshot };
