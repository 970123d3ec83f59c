'use strict';

/**
 * The newest windows in a folder, which several processes may share.
 *
 * A file is `<start>-<host>-<pid>-<process start>-<thread>-<number>.<kind>.pb.gz`: text order is time order,
 * and whoever comes later can tell whether its writer lives. A ring is what this thread has written and what
 * it inherits from processes that are gone; files of the living are theirs.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { log } = require('./diagnostics.js');
const { stamp } = require('./naming.js');
const { identity, isAlive } = require('./process-identity.js');

const NAME =
  /^(\d{8})T(\d{2})(\d{2})(\d{2}\.\d{3}Z)-([0-9a-f]{8})-([1-9]\d{0,9})-(\d{1,20})-(\d{1,10})-(\d{6,16})\.(cpu|heap)\.pb\.gz$/;

/** Since when a writer that cannot be asked (another host or thread) has written nothing if it is gone. */
const SILENT_MS = 3_600_000;

/** Shared by every copy of rsprof in this thread: no name twice. */
const SEQUENCE = Symbol.for('rsprof.continuous.sequence/1');

function nextNumber() {
  const value = (globalThis[SEQUENCE] ?? 0) + 1;
  Object.defineProperty(globalThis, SEQUENCE, { value, configurable: true });
  return String(value).padStart(6, '0');
}

/**
 * What the files of a window are called, less kind and extension.
 *
 * @param {number} from when it began, in ms since the epoch
 * @returns {string}
 */
function windowName(from) {
  const { hostTag, pid, startTime, threadId } = identity();
  return `${stamp(new Date(from))}-${hostTag}-${pid}-${startTime}-${threadId}-${nextNumber()}`;
}

/** Who wrote a file and when, or null where it is none of ours. */
function parseName(name) {
  const match = NAME.exec(name);
  if (!match) return null;
  const [, date, hour, minute, second, hostTag, pid, startTime, threadId] = match;
  const day = date.replace(/(....)(..)(..)/, '$1-$2-$3');
  return {
    name,
    window: name.slice(0, name.indexOf('.', 20)),
    at: Date.parse(`${day}T${hour}:${minute}:${second}`),
    writer: `${hostTag}-${pid}-${startTime}-${threadId}`,
    hostTag,
    pid: Number(pid),
    startTime,
    threadId: Number(threadId),
  };
}

/** Whether nobody will write to a ring any more; `newest` is when its last window began. */
function isGone({ hostTag, pid, startTime, threadId }, newest, silentMs) {
  const self = identity();
  const isSilent = Date.now() - newest > silentMs;
  if (hostTag !== self.hostTag) return isSilent;
  if (!isAlive({ pid, startTime })) return true;
  const isThisProcess = pid === self.pid && startTime === self.startTime;
  return isThisProcess && threadId !== self.threadId && isSilent;
}

function groupBy(entries, key) {
  const groups = new Map();
  for (const entry of entries) {
    if (!groups.has(entry[key])) groups.set(entry[key], []);
    groups.get(entry[key]).push(entry);
  }
  return groups;
}

class Ring {
  #dir;
  #keep;
  #maxBytes;
  #silentMs;
  #sizes = new Map();

  /**
   * @param {object} settings
   * @param {string} settings.dir absolute, exists
   * @param {number} settings.keep windows
   * @param {number} settings.maxBytes of all files
   * @param {number} settings.window seconds
   */
  constructor({ dir, keep, maxBytes, window }) {
    this.#dir = dir;
    this.#keep = keep;
    this.#maxBytes = maxBytes;
    this.#silentMs = Math.max(SILENT_MS, 10_000 * window);
  }

  /**
   * Removes what is beyond the limits, oldest first; the newest window stays whatever its size. Never fails:
   * what cannot be removed now is tried again after the next window.
   *
   * @returns {Promise<Set<string>>} paths of what is gone
   */
  async prune() {
    const removed = new Set();
    try {
      for (const name of this.#beyond(await this.#list())) {
        if (await this.#remove(name)) removed.add(path.join(this.#dir, name));
      }
    } catch (error) {
      log('cannot prune %s: %s', this.#dir, error.message);
    }
    return removed;
  }

  /** Entries of this ring with their sizes. */
  async #list() {
    const names = await fs.promises.readdir(this.#dir);
    const entries = names.map(parseName).filter((entry) => entry !== null);
    const mine = [...groupBy(entries, 'writer').values()].filter((files) => this.#isMine(files));
    const known = new Map();
    for (const entry of mine.flat()) {
      entry.bytes = this.#sizes.get(entry.name) ?? (await sizeOf(path.join(this.#dir, entry.name)));
      known.set(entry.name, entry.bytes);
    }
    this.#sizes = known;
    return mine.flat();
  }

  #isMine([file, ...others]) {
    const self = identity();
    if (file.writer === `${self.hostTag}-${self.pid}-${self.startTime}-${self.threadId}`)
      return true;
    const newest = others.reduce((most, { at }) => Math.max(most, at), file.at);
    return isGone(file, newest, this.#silentMs);
  }

  /** Names of the files that have to go, oldest first. */
  #beyond(entries) {
    const windows = [...groupBy(entries, 'window').entries()];
    windows.sort(([one], [other]) => (one < other ? 1 : -1));
    let bytes = 0;
    const tooOld = windows.filter(([, files], index) => {
      bytes += files.reduce((sum, file) => sum + file.bytes, 0);
      return index > 0 && (index >= this.#keep || bytes > this.#maxBytes);
    });
    return tooOld.reverse().flatMap(([, files]) => files.map(({ name }) => name));
  }

  async #remove(name) {
    try {
      await fs.promises.unlink(path.join(this.#dir, name));
    } catch (error) {
      // Another process that inherits from the same dead one was faster.
      if (error.code !== 'ENOENT') return false;
    }
    this.#sizes.delete(name);
    return true;
  }
}

async function sizeOf(file) {
  try {
    const stats = await fs.promises.lstat(file);
    return stats.isFile() ? stats.size : 0;
  } catch {
    return 0;
  }
}

module.exports = { Ring, parseName, windowName };
