'use strict';

/**
 * A lock that is a file with its holder's name in it: where the addon's flock is not to be had.
 *
 * Weaker than flock, which the kernel ends with its holder: a dead holder is found by its pid and start
 * time, so only on this host, in this pid namespace, and for the main thread; of all others (another container
 * on the same volume, a terminated worker) it is believed dead after an hour. Where the file system has no
 * hard links a holder that dies between two system calls is believed alive for that hour, too.
 *
 * @module
 */

const { createHash, randomBytes } = require('node:crypto');
const fs = require('node:fs');
const { onExit } = require('../exit.js');
const { partialName } = require('../naming.js');
const { identity, isAlive } = require('../process-identity.js');

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_WRONLY } = fs.constants;

/** Age in ms from which a holder that cannot be asked counts as dead. */
const STALE_MS = 3_600_000;

/** Claims on claims: each takes a holder that died in the middle of a takeover. */
const MAX_DEPTH = 4;

/** A longer file is none of ours. */
const MAX_BYTES = 512;

const HOLDER = /^([0-9a-f]{8})-([1-9]\d{0,9})-(\d{1,20})-(\d{1,10})-[0-9a-f]{16}$/;

/** A name of this thread that was never given before. */
function newName() {
  const { hostTag, pid, startTime, threadId } = identity();
  return `${hostTag}-${pid}-${startTime}-${threadId}-${randomBytes(8).toString('hex')}`;
}

/** Whether the holder is gone; `ageMs`: since it took the lock. */
function isGone(text, ageMs) {
  const match = HOLDER.exec(text);
  const self = identity();
  if (match?.[1] !== self.hostTag) return ageMs > STALE_MS;
  const holder = { pid: Number(match[2]), startTime: match[3], threadId: Number(match[4]) };
  if (!isAlive(holder)) return true;
  const isThisProcess = holder.pid === self.pid && holder.startTime === self.startTime;
  return isThisProcess && holder.threadId !== self.threadId && ageMs > STALE_MS;
}

/** A full disk has its own error to tell. */
async function removeQuietly(file) {
  await fs.promises.rm(file, { force: true }).catch(() => {});
}

/** Makes a file with `text` beside `file`, and gives its name: one that a sweep removes if nobody else does. */
async function writeBeside(file, text) {
  const partial = partialName(`${file}.${text.slice(-16)}`, identity());
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  try {
    await fs.promises.writeFile(partial, text, { flag: flags, mode: 0o600 });
    return partial;
  } catch (error) {
    await removeQuietly(partial);
    throw error;
  }
}

const NO_LINK = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Whole from its first moment on: a link to a file that is written already. */
async function linkTo(partial, file, text) {
  try {
    await fs.promises.link(partial, file);
  } catch (error) {
    if (!NO_LINK.has(error.code)) throw error;
    await fs.promises.writeFile(file, text, { flag: 'wx', mode: 0o600 });
  }
}

/** Whether there was no such file. */
async function create(file, text) {
  const partial = await writeBeside(file, text);
  try {
    await linkTo(partial, file, text);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await removeQuietly(partial);
  }
}

async function replace(file, text) {
  const partial = await writeBeside(file, text);
  try {
    await fs.promises.rename(partial, file);
  } catch (error) {
    await removeQuietly(partial);
    throw error;
  }
}

function notOurs(file) {
  return Object.assign(new Error(`${file} is not a lock of rsprof`), { code: 'EEXIST' });
}

/** Who holds the lock: `{ text, isGone }`; undefined: nobody any more. */
async function readHolder(file) {
  let handle;
  try {
    handle = await fs.promises.open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size > MAX_BYTES) throw notOurs(file);
    const text = await handle.readFile('latin1');
    return { text, isGone: isGone(text, Date.now() - stats.mtimeMs) };
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  } finally {
    await handle?.close();
  }
}

class FileLock {
  #file;
  #text;
  #forget;

  constructor(file, text) {
    this.#file = file;
    this.#text = text;
    this.#forget = onExit(() => this.release());
  }

  /** Synchronous (for process exit too), never fails; harmless to call twice. */
  release() {
    this.#forget();
    try {
      // Somebody may have believed this holder dead.
      if (fs.readFileSync(this.#file, 'latin1') === this.#text) fs.unlinkSync(this.#file);
    } catch {
      // Gone already.
    }
  }
}

/**
 * Only who holds the claim on a dead holder (a lock of its own, named after that holder) may take its
 * place, and a holder's name never comes back: so two that find the same dead one cannot both have its lock.
 */
async function takeOver(file, holder, depth) {
  const digest = createHash('sha256').update(holder.text).digest('hex').slice(0, 16);
  const claim = await take(`${file}.${digest}`, depth + 1);
  if (!claim) return null;
  try {
    if ((await readHolder(file))?.text !== holder.text) return null;
    const text = newName();
    await replace(file, text);
    return new FileLock(file, text);
  } finally {
    claim.release();
  }
}

async function take(file, depth) {
  const text = newName();
  if (await create(file, text)) return new FileLock(file, text);
  const holder = await readHolder(file);
  if (!holder?.isGone || depth >= MAX_DEPTH) return null;
  return takeOver(file, holder, depth);
}

/**
 * @param {string} file absolute; its folder exists
 * @returns {Promise<{ release(): void }|null>} null: somebody holds it
 * @throws {Error} of `node:fs`: the folder cannot be written, or something else has that name
 */
function tryFileLock(file) {
  return take(file, 0);
}

module.exports = { STALE_MS, tryFileLock };
