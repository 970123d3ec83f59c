'use strict';

/**
 * Removes the partial files that dead processes left in a folder.
 *
 * @module
 */

const fs = require('node:fs/promises');
const path = require('node:path');
const { log } = require('./diagnostics.js');
const { parsePartialName } = require('./naming.js');
const { identity, isAlive } = require('./process-identity.js');

/** Age in ms from which a partial that cannot be asked for its writer counts as left behind. */
const STALE_MS = 3_600_000;

/** Folders swept by this thread, each with its promise. */
const swept = new Map();

async function isOld(file, now) {
  const stats = await fs.lstat(file);
  return stats.isFile() && now - stats.mtimeMs > STALE_MS;
}

async function isFile(file) {
  return (await fs.lstat(file)).isFile();
}

/**
 * Whether the writer of a partial is gone. A writer on another host cannot be asked, nor can another
 * thread of this process (a terminated worker cleans nothing up): there age decides, since whoever
 * still writes touches the file.
 */
function isStale(file, writer, now) {
  const self = identity();
  if (writer.hostTag !== self.hostTag) return isOld(file, now);
  if (!isAlive(writer)) return isFile(file);
  const same = writer.pid === self.pid && writer.startTime === self.startTime;
  return same && writer.threadId !== self.threadId ? isOld(file, now) : false;
}

async function removeIfStale(file, writer, now) {
  try {
    if (!(await isStale(file, writer, now))) return false;
    await fs.unlink(file);
    log('removed %s, left behind by process %d', file, writer.pid);
    return true;
  } catch {
    // Somebody else was faster, or it is not ours to remove.
    return false;
  }
}

/**
 * Removes what dead processes left in `dir`: only names that rsprof gives (see lib/naming.js), only
 * regular files. Never fails: a folder that cannot be read is left as it is.
 *
 * @param {string} dir
 * @param {number} [now] ms since the epoch
 * @returns {Promise<string[]>} names of the removed files
 */
async function sweep(dir, now = Date.now()) {
  const removed = [];
  try {
    for await (const entry of await fs.opendir(dir)) {
      const writer = parsePartialName(entry.name);
      if (writer && (await removeIfStale(path.join(dir, entry.name), writer, now)))
        removed.push(entry.name);
    }
  } catch (error) {
    log('cannot sweep %s: %s', dir, error.message);
  }
  return removed;
}

/**
 * {@link sweep}, once per thread and folder.
 *
 * @param {string} dir absolute
 * @returns {Promise<string[]>}
 */
function sweepOnce(dir) {
  if (!swept.has(dir)) swept.set(dir, sweep(dir));
  return swept.get(dir);
}

module.exports = { STALE_MS, sweep, sweepOnce };
