'use strict';

/**
 * The black boxes in a folder, which several processes may share: whose they are, which of them tell of a
 * death, and which may go.
 *
 * @module
 */

const fs = require('node:fs/promises');
const { constants } = require('node:fs');
const path = require('node:path');
const { log } = require('../../diagnostics.js');
const { identity, isAlive } = require('../../process-identity.js');
const { readBlackbox } = require('./reader.js');
const { summarize } = require('./summary.js');

const NAME = /^blackbox-([0-9a-f]{8})-([1-9]\d{0,9})-(\d{1,20})-(\d{1,10})\.rsprof$/;

/** Since when a writer that cannot be asked (another host or thread) has written nothing if it is gone. */
const SILENT_MS = 3_600_000;

/** Boxes that are looked at, newest first. */
const MOST = 100;

/**
 * What the black box of a thread is called.
 *
 * @param {{ hostTag: string, pid: number, startTime: string, threadId: number }} [writer] this thread
 */
function blackboxName({ hostTag, pid, startTime, threadId } = identity()) {
  return `blackbox-${hostTag}-${pid}-${startTime}-${threadId}.rsprof`;
}

/** Who writes a black box; null for any other file. */
function parseName(name) {
  const match = NAME.exec(name);
  if (!match) return null;
  const [, hostTag, pid, startTime, threadId] = match;
  return { hostTag, pid: Number(pid), startTime, threadId: Number(threadId) };
}

async function look(dir, name) {
  const writer = parseName(name);
  if (!writer) return null;
  const file = path.join(dir, name);
  try {
    const stats = await fs.lstat(file);
    return stats.isFile() ? { name, path: file, writer, writtenAt: stats.mtimeMs } : null;
  } catch {
    // Gone since.
    return null;
  }
}

/**
 * Black boxes of a folder: regular files of their name, what was written last first.
 *
 * @param {string} dir
 * @returns {Promise<{ name: string, path: string, writer: object, writtenAt: number }[]>}
 * @throws what readdir throws
 */
async function listBlackboxes(dir) {
  const found = [];
  for await (const entry of await fs.opendir(dir)) {
    const box = await look(dir, entry.name);
    if (box) found.push(box);
  }
  return found.sort((a, b) => b.writtenAt - a.writtenAt || (a.name < b.name ? -1 : 1));
}

/** The box, or null where it is none or has gone. */
async function readQuietly(file) {
  try {
    return await readBlackbox(file);
  } catch (error) {
    log('black box %s: %s', file, error.message);
    return null;
  }
}

/** Whether nobody will write to a box any more. In doubt somebody will. */
async function isOver({ path: file, writer, writtenAt }, now) {
  const self = identity();
  const isSilent = now - writtenAt > SILENT_MS;
  if (writer.hostTag !== self.hostTag) return isSilent;
  if (!isAlive(writer)) return true;
  const isOwn = writer.pid === self.pid && writer.startTime === self.startTime;
  if (isOwn && writer.threadId === self.threadId) return false;
  // A thread may have ended without its process.
  return isSilent || Boolean((await readQuietly(file))?.end);
}

async function removeQuietly(file) {
  try {
    await fs.unlink(file);
    return true;
  } catch {
    // Somebody else was faster, or it is not ours to remove.
    return false;
  }
}

/**
 * Removes the black boxes that nobody writes any more, but for the newest. Only regular files of their name;
 * never fails.
 *
 * @param {string} dir
 * @param {number} [keep] of those
 * @param {number} [now] ms since the epoch
 * @returns {Promise<string[]>} names of the removed files
 */
async function pruneBlackboxes(dir, keep = 5, now = Date.now()) {
  const removed = [];
  try {
    let kept = 0;
    for (const box of await listBlackboxes(dir)) {
      if (!(await isOver(box, now)) || ++kept <= keep) continue;
      if (await removeQuietly(box.path)) removed.push(box.name);
    }
  } catch (error) {
    log('cannot prune %s: %s', dir, error.message);
  }
  return removed;
}

/** Later processes do not tell of it again. Its time of writing stays: that is when its process was last seen. */
async function markReported(box) {
  const { O_NOFOLLOW = 0, O_WRONLY } = constants;
  let handle;
  try {
    handle = await fs.open(box.path, O_WRONLY | O_NOFOLLOW);
    const { atime, mtime } = await handle.stat();
    await handle.write(Uint8Array.of(1), 0, 1, box.layout.mark.offset);
    await handle.utimes(atime, mtime);
  } catch (error) {
    log('cannot mark %s: %s', box.path, error.message);
  } finally {
    await handle?.close();
  }
}

const processOf = ({ writer }) => `${writer.hostTag}-${writer.pid}-${writer.startTime}`;

/** Of each process its thread with the lowest number: worker threads cannot tell how their process ended. */
function firstThreads(boxes) {
  const first = new Map();
  for (const box of boxes) {
    const other = first.get(processOf(box));
    if (!other || box.writer.threadId < other.writer.threadId) first.set(processOf(box), box);
  }
  return [...first.values()];
}

/**
 * Processes that have died without a word since somebody last asked, newest first: each is told once. Of
 * another host, or a container that was restarted, a process counts as dead when it has been silent for some
 * seconds (see {@link summarize}): ask again a little later. Never fails.
 *
 * @param {string} dir
 * @param {number} [now] ms since the epoch
 * @returns {Promise<{ path: string, pid: number, host: string, lastSeen: number, kind: string, text: string }[]>}
 */
async function findEarlier(dir, now = Date.now()) {
  const deaths = [];
  try {
    for (const { path: file } of firstThreads(await listBlackboxes(dir)).slice(0, MOST)) {
      const box = await readQuietly(file);
      if (!box || box.reported || box.end) continue;
      const { state, kind, text } = summarize(box, { now });
      if (state !== 'dead') continue;
      await markReported(box);
      const { pid, host } = box.info;
      deaths.push({ path: file, pid, host, lastSeen: box.lastSeen, kind, text });
    }
  } catch (error) {
    log('cannot look for black boxes in %s: %s', dir, error.message);
  }
  return deaths;
}

module.exports = { MOST, blackboxName, findEarlier, listBlackboxes, parseName, pruneBlackboxes };
