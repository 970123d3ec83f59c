'use strict';

/**
 * A file that is visible only when it is whole.
 *
 * Early checks, then a partial file (`*.partial`, 0600) in the same folder, then a commit that puts it
 * and its sidecar in place, or a discard that leaves nothing. All through `node:fs`, so that Node's
 * permission model applies.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { RsprofError, fromSystemError } = require('./errors.js');
const { partialName } = require('./naming.js');
const { identity } = require('./process-identity.js');
const { isSidecar, sidecarPath } = require('./sidecar.js');

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_WRONLY } = fs.constants;
const CREATE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const FILE_MODE = 0o600;
const DIR_MODE = 0o700;

/** link() is not to be had here: the file system (FAT, some network mounts) or the sandbox refuses it. */
const NO_LINK = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Runs `call`; a system error becomes an RsprofError naming `action` and `file`. */
function attempt(action, file, call) {
  try {
    return call();
  } catch (error) {
    throw fromSystemError(error, action, file);
  }
}

/** Like {@link attempt} for promises. */
async function attemptAsync(action, file, call) {
  try {
    return await call();
  } catch (error) {
    throw fromSystemError(error, action, file);
  }
}

/** Stats, or undefined where there is nothing, or nothing to be seen (no read permission). */
function statsOf(file, stat) {
  try {
    return stat(file, { throwIfNoEntry: false });
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ERR_ACCESS_DENIED') return undefined;
    throw fromSystemError(error, 'look at', file);
  }
}

function isDirectoryError(file) {
  return new RsprofError(
    'ERR_RSPROF_IS_DIRECTORY',
    `rsprof cannot write ${file}: it is a folder; pass it as dir, or give the path of a file`,
  );
}

function existsError(file, why) {
  return new RsprofError('ERR_RSPROF_EXISTS', `rsprof does not overwrite ${file}: ${why}`);
}

/** Refuses a target that exists, unless it is a regular file and may be overwritten. */
function checkTarget(file, overwrite) {
  const target = statsOf(file, fs.statSync);
  if (target?.isDirectory()) throw isDirectoryError(file);
  if (!statsOf(file, fs.lstatSync)) return;
  if (!overwrite)
    throw existsError(file, 'it exists already; choose another path or pass overwrite: true');
  // rename() would replace the device or socket itself, /dev/null say.
  if (target && !target.isFile())
    throw existsError(file, 'it is not a regular file; choose another path');
}

function checkSidecarTarget(file, overwrite) {
  if (!statsOf(file, fs.lstatSync)) return;
  if (overwrite && isSidecar(file)) return;
  const why = overwrite ? 'it is not a sidecar of rsprof' : 'it exists already';
  throw existsError(file, `${why}; choose another path or pass sidecar: false`);
}

/** Under Node's permission model a commit needs both grants: say so before the capture, not after it. */
function checkPermission(file) {
  const { permission } = process;
  if (typeof permission?.has !== 'function') return;
  if (permission.has('fs.write', file) && permission.has('fs.read', file)) return;
  const all = path.join(path.dirname(file), '*');
  throw new RsprofError(
    'ERR_RSPROF_ACCESS',
    `rsprof cannot write ${file}: Node's permission model denies it; ` +
      `start node with --allow-fs-read=${all} --allow-fs-write=${all}`,
  );
}

/** A grant for what is in a folder does not cover the folder: then nothing can be told ahead. */
function unlessDenied(action, dir, call) {
  try {
    return call();
  } catch (error) {
    if (error.code === 'ERR_ACCESS_DENIED') return undefined;
    throw fromSystemError(error, action, dir);
  }
}

/** Refuses a folder that cannot be written, as far as that can be told without trying. */
function checkFolder(dir) {
  const stats = unlessDenied('write into', dir, () => fs.statSync(dir));
  if (stats && !stats.isDirectory()) {
    const error = Object.assign(new Error(`${dir} is not a folder`), { code: 'ENOTDIR' });
    throw fromSystemError(error, 'write into', dir);
  }
  const { W_OK, X_OK } = fs.constants;
  unlessDenied('write into', dir, () => fs.accessSync(dir, W_OK | X_OK));
}

function makeFolder(dir) {
  const make = () => fs.mkdirSync(dir, { recursive: true, mode: DIR_MODE });
  unlessDenied('create the folder', dir, make);
}

/** Makes the names in a folder, or the bytes of a file, durable where the system lets us. */
async function syncQuietly(file) {
  let handle;
  try {
    handle = await fs.promises.open(file, 'r');
    await handle.sync();
  } catch {
    // Windows cannot fsync folders, Node 26 under --permission cannot fsync at all.
  } finally {
    await handle?.close();
  }
}

function unlinkQuietly(file) {
  try {
    fs.unlinkSync(file);
  } catch {
    // Gone already.
  }
}

/** Puts `partial` at `final`, which must not exist. */
async function linkInto(partial, final) {
  try {
    await fs.promises.link(partial, final);
  } catch (error) {
    if (!NO_LINK.has(error.code)) throw error;
    await renameWhereFree(partial, final);
    return;
  }
  await fs.promises.unlink(partial);
}

/** Without link() there is a moment between the look and the rename; nothing better is to be had. */
async function renameWhereFree(partial, final) {
  if (fs.lstatSync(final, { throwIfNoEntry: false })) {
    throw Object.assign(new Error(`${final} exists`), { code: 'EEXIST' });
  }
  await fs.promises.rename(partial, final);
}

// Shared by every copy of rsprof in this thread: the partial files that are being written.
const PARTIALS = Symbol.for('rsprof.partials/1');

function livePartials() {
  if (!globalThis[PARTIALS]) Object.defineProperty(globalThis, PARTIALS, { value: new Set() });
  return globalThis[PARTIALS];
}

/**
 * Makes an empty partial file. Its name holds this very thread of this very process, so one that
 * exists without being written now was left by an earlier life (equal pid in a restarted container).
 */
function createPartial(partial) {
  const create = () => fs.closeSync(fs.openSync(partial, CREATE, FILE_MODE));
  try {
    create();
  } catch (error) {
    if (error.code !== 'EEXIST') throw fromSystemError(error, 'create the file', partial);
    if (livePartials().has(partial)) throw existsError(partial, 'another capture is writing it');
    unlinkQuietly(partial);
    attempt('create the file', partial, create);
  }
  livePartials().add(partial);
}

/**
 * Fills a partial file that exists. One that is gone stays gone: at process exit it is removed while a
 * thread of libuv's pool may be about to open it.
 */
async function fillPartial(partial, text) {
  await fs.promises.writeFile(partial, text, { flag: 'r+' });
  await syncQuietly(partial);
}

/** The text of a sidecar, whole and durable in a partial file of its own. */
async function writePartial(partial, text) {
  createPartial(partial);
  await fillPartial(partial, text);
}

function endsInSeparator(file) {
  return file.endsWith('/') || file.endsWith(path.sep);
}

/** One file to come, and its sidecar. */
class OutputFile {
  #guard;
  #overwrite;
  #partials = new Set();
  #visible = [];

  /**
   * Checks (a few metadata calls, synchronous) that the file can be written: no pause is spent on a
   * wrong path. Creates nothing but the folder, where asked.
   *
   * @param {object} where
   * @param {string} where.file path of the file
   * @param {boolean} where.makeDir create its folder (0700) when it is missing
   * @param {boolean} where.overwrite replace a regular file of that name
   * @param {boolean} where.sidecar a sidecar will stand beside it
   * @throws {RsprofError} EXISTS, IS_DIRECTORY, NOT_FOUND, ACCESS, DISK_FULL, IO
   */
  constructor({ file, makeDir, overwrite, sidecar }) {
    if (endsInSeparator(file)) throw isDirectoryError(file);
    /** Absolute path of the finished file. */
    this.path = attempt('resolve', file, () => path.resolve(file));
    /** Absolute path of its folder. */
    this.dir = path.dirname(this.path);
    /** Absolute path of the file while it is written. */
    this.partial = partialName(this.path, identity());
    /** Absolute path of the finished sidecar, or null. */
    this.sidecar = sidecar ? sidecarPath(this.path) : null;
    this.#overwrite = overwrite;
    checkPermission(this.path);
    if (makeDir) makeFolder(this.dir);
    checkFolder(this.dir);
    checkTarget(this.path, overwrite);
    if (this.sidecar) checkSidecarTarget(this.sidecar, overwrite);
  }

  /**
   * Makes the empty partial file (O_EXCL, 0600).
   *
   * @param {(path: string) => { end(): void }} [guardFile] has the file removed should the thread end
   *   before the file is in place or discarded
   * @throws {RsprofError} ACCESS, DISK_FULL, EXISTS when another capture writes it, IO
   */
  create(guardFile) {
    // Guarded first: a worker can be terminated at any moment.
    this.#guard = guardFile?.(this.partial);
    try {
      createPartial(this.partial);
    } catch (error) {
      this.#guard?.end();
      throw error;
    }
    this.#partials.add(this.partial);
  }

  /**
   * Makes `text` the content of the partial file, durable.
   *
   * @param {string} text
   * @returns {Promise<void>}
   * @throws {RsprofError} DISK_FULL, ACCESS, IO
   */
  async fill(text) {
    await attemptAsync('write', this.path, () => fillPartial(this.partial, text));
  }

  /**
   * Puts the whole file in place, then its sidecar, then makes both names durable. All or nothing.
   *
   * @param {string} [text] of the sidecar
   * @returns {Promise<void>}
   * @throws {RsprofError} EXISTS when a file of that name has appeared, DISK_FULL, ACCESS, IO;
   *   then neither file nor sidecar is left
   */
  async commit(text) {
    try {
      const described = await this.#prepareSidecar(text);
      await this.#put(this.partial, this.path);
      if (described) await this.#put(described, this.sidecar);
      else this.#removeOldSidecar();
      await syncQuietly(this.dir);
    } catch (error) {
      this.#visible.forEach(unlinkQuietly);
      this.discard();
      throw error;
    }
  }

  /** Removes what is not visible yet. Synchronous (for process exit too), never fails. */
  discard() {
    for (const partial of this.#partials) {
      unlinkQuietly(partial);
      this.#forget(partial);
    }
  }

  #forget(partial) {
    if (partial === this.partial) this.#guard?.end();
    this.#partials.delete(partial);
    livePartials().delete(partial);
  }

  /** Written before anything is visible: a full disk must not take an older file with it. */
  async #prepareSidecar(text) {
    if (!this.sidecar) return null;
    const partial = partialName(this.sidecar, identity());
    this.#partials.add(partial);
    await attemptAsync('write the sidecar', this.sidecar, () => writePartial(partial, text));
    return partial;
  }

  async #put(partial, final) {
    const put = this.#overwrite ? fs.promises.rename : linkInto;
    await attemptAsync('put the finished file at', final, () => put(partial, final));
    this.#visible.push(final);
    this.#forget(partial);
  }

  /** Without a sidecar of our own, one of an overwritten file would describe the wrong bytes. */
  #removeOldSidecar() {
    const old = sidecarPath(this.path);
    if (this.#overwrite && isSidecar(old)) unlinkQuietly(old);
  }
}

module.exports = { OutputFile };
