'use strict';

/**
 * One capture at a time: a lock in the folder of the captures, and one of this user on this host, for
 * processes that have different folders.
 *
 * @module
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { log } = require('../diagnostics.js');
const { fromSystemError } = require('../errors.js');
const { tryFileLock } = require('./file-lock.js');

/** With flock the file stays; a lock that is a file has a name of its own. */
const DIR_LOCK = 'rsprof.lock';
const FILE_LOCK = '.held';

/** @returns {string} name of the lock of this user */
function hostLockName() {
  return `rsprof-${process.getuid?.() ?? 'user'}.lock`;
}

/**
 * Takes one lock.
 *
 * @param {string} file
 * @param {((file: string) => { release(): void }|null)|undefined} tryLockFile the addon's flock
 * @returns {Promise<{ release(): void }|null>}
 */
async function takeOne(file, tryLockFile) {
  return tryLockFile ? tryLockFile(file) : tryFileLock(file + FILE_LOCK);
}

/** Anybody may make a file of that name in a folder that is everybody's, and so hold the lock for ever. */
function checkOwner(file) {
  const stats = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!stats) return;
  const uid = process.getuid?.() ?? stats.uid;
  if (stats.isFile() && stats.uid === uid) return;
  throw new Error(`${file} is not a file of this user`);
}

/**
 * The lock of the host; `undefined` where it cannot be had.
 *
 * The owner is looked at before and after: what was made in between by somebody else is let go.
 */
async function takeShared(tmpDir, tryLockFile) {
  const file = path.join(tmpDir, hostLockName());
  const visible = tryLockFile ? file : file + FILE_LOCK;
  let lock;
  try {
    checkOwner(visible);
    lock = await takeOne(file, tryLockFile);
    if (lock) checkOwner(visible);
    return lock;
  } catch (error) {
    lock?.release();
    log('no lock of the host, only that of the folder: %s', error.message);
    return undefined;
  }
}

async function takeDir(dir, tryLockFile) {
  const file = path.join(dir, DIR_LOCK);
  try {
    return await takeOne(file, tryLockFile);
  } catch (error) {
    throw fromSystemError(error, 'lock', file);
  }
}

/**
 * Takes both locks; neither is waited for. Where the host's cannot be had the folder's alone will do.
 *
 * @param {object} where
 * @param {string} where.dir absolute, exists
 * @param {string} [where.tmpDir]
 * @param {(file: string) => { release(): void }|null} [where.tryLockFile] the addon's; without it a file
 *   with the holder's name, see lib/watch/file-lock.js
 * @returns {Promise<{ scope: 'host'|'dir', release(): void }|null>} null: somebody holds one
 * @throws {RsprofError} ACCESS, DISK_FULL, NOT_FOUND, EXISTS, IO: the folder's cannot be had
 */
async function tryHostLock({ dir, tmpDir = os.tmpdir(), tryLockFile }) {
  const own = await takeDir(dir, tryLockFile);
  if (!own) return null;
  const shared = await takeShared(tmpDir, tryLockFile);
  if (shared === null) {
    own.release();
    return null;
  }
  return {
    scope: shared ? 'host' : 'dir',
    release() {
      shared?.release();
      own.release();
    },
  };
}

module.exports = { DIR_LOCK, hostLockName, tryHostLock };
