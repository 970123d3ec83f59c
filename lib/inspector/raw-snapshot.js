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
const { isMainThread } = require('node:worker_threads');
const { RsprofError, fromSystemError } = require('../errors.js');
const { partialName } = require('../naming.js');
const { identity } = require('../process-identity.js');

const { O_CREAT, O_DIRECTORY = 0, O_EXCL, O_NOFOLLOW = 0, O_RDWR } = fs.constants;
const CREATE = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
/** Linux: open a file without a name in a folder. */
const NAMELESS = O_RDWR | 0o20000000 | O_DIRECTORY;
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

  /** {@link FileSource#read}, before it returns. */
  readSync(buffer) {
    try {
      const count = fs.readSync(this.#fd, buffer, 0, buffer.length, this.#position);
      this.#position += count;
      return count > 0 ? buffer.subarray(0, count) : null;
    } catch (error) {
      throw fromSystemError(error, 'read', 'the heap snapshot back');
    }
  }

  closeSync() {
    fs.closeSync(this.#fd);
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

  /** Node serialises while it is read: there is nothing to wait for. */
  readSync(buffer) {
    return this.#stream.read(buffer.length) ?? this.#stream.read();
  }

  closeSync() {
    this.#stream.destroy();
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

/** Whether files of this process have paths by descriptor: one then needs no name. */
function hasDescriptorPaths() {
  return process.platform === 'linux' && !process.permission && fs.existsSync('/proc/self/fd');
}

/** A file in `dir` that never had a name, or undefined where the file system has no such thing. */
function openNameless(dir) {
  try {
    return fs.openSync(dir, NAMELESS, FILE_MODE);
  } catch {
    return undefined;
  }
}

/**
 * An empty file open for reading and writing, and the path by which V8 can write it. Where possible it has
 * no name: nothing is left of it even if the process is killed while V8 writes.
 */
function openRaw(name) {
  if (!hasDescriptorPaths()) return { fd: fs.openSync(name, CREATE, FILE_MODE), file: name };
  let fd = openNameless(path.dirname(name));
  if (fd === undefined) {
    fd = fs.openSync(name, CREATE, FILE_MODE);
    unlinkQuietly(name);
  }
  return { fd, file: `/proc/self/fd/${fd}` };
}

/** Descriptors of this process that stand for the same file as `fd`, without `fd`. */
function twinsOf(fd) {
  const { dev, ino } = fs.fstatSync(fd);
  const isTwin = (other) => {
    const stats = fs.fstatSync(other);
    return other !== fd && stats.dev === dev && stats.ino === ino;
  };
  return fs
    .readdirSync('/proc/self/fd')
    .map(Number)
    .filter((other) => {
      try {
        return isTwin(other);
      } catch {
        return false; // Closed meanwhile.
      }
    });
}

/**
 * Gives back what a failed write holds. Node (18 to 26) keeps its descriptor open then, and with it the
 * disk space: the file is emptied, and the descriptor closed, since nobody else knows of it.
 */
function discard(fd) {
  try {
    fs.ftruncateSync(fd, 0);
    // A worker would get a warning for closing what it has not opened.
    if (hasDescriptorPaths() && isMainThread) for (const twin of twinsOf(fd)) fs.closeSync(twin);
  } catch {
    // Not granted: the process end frees it.
  }
  fs.closeSync(fd);
}

/** Has the disk tell now what it could not write. The permission model of some versions denies asking. */
function sync(fd) {
  try {
    fs.fsyncSync(fd);
  } catch (error) {
    if (error.code !== 'ERR_ACCESS_DENIED') throw error;
  }
}

/**
 * Stops the thread: has V8 write its snapshot to a file. A failure leaves nothing of it on the disk.
 *
 * @param {string} file an existing one; it is emptied first
 * @throws {Error} the system's
 */
function writeSnapshotTo(file) {
  const fd = fs.openSync(file, O_RDWR);
  try {
    v8.writeHeapSnapshot(file);
    sync(fd);
  } catch (error) {
    discard(fd);
    throw error;
  }
  fs.closeSync(fd);
}

function throughFile(name, options) {
  const { fd, file } = openRaw(name);
  try {
    v8.writeHeapSnapshot(file, options);
    return new FileSource(fd);
  } catch (error) {
    discard(fd);
    throw error;
  } finally {
    if (file === name) unlinkQuietly(name);
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

/**
 * As {@link writeRawSnapshot}, with V8's defaults, for a caller who cannot wait.
 *
 * @param {string} tempDir
 * @returns {FileSource}
 * @throws {RsprofError} ACCESS where the file is not granted, DISK_FULL and the like
 */
function writeRawFile(tempDir) {
  const name = rawName(null, tempDir);
  try {
    return throughFile(name, undefined);
  } catch (error) {
    throw fromSystemError(error, 'write the uncompressed heap snapshot', name);
  }
}

module.exports = { heapOptions, rawName, sync, writeRawFile, writeRawSnapshot, writeSnapshotTo };
