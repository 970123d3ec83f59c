'use strict';

/**
 * What rules did, in a file that all processes of a folder share and that survives them: a crash loop must
 * not start counting anew with each life.
 *
 * Written under the host's lock only, whole or not at all. What it says is not believed: names that lead
 * out of the folder are dropped, times to come are now.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { fromSystemError } = require('../errors.js');
const { partialName } = require('../naming.js');
const { identity, isAlive } = require('../process-identity.js');
const { isOfProfiler } = require('./makers.js');

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_WRONLY } = fs.constants;

const NAME = 'rsprof-ledger.json';

/** Where one goes that cannot be read; the one before it is replaced. */
const DAMAGED = 'rsprof-ledger.damaged.json';

const FORMAT = 'rsprof-ledger/1';

/** Firings it remembers. */
const MAX_ENTRIES = 200;

/** Of them so many of the profiler at most: whoever presses buttons must not have the rules' forgotten. */
const MAX_OF_PROFILER = 60;

/** Files of one firing, baselines of one thread, threads with baselines. */
const MAX_FILES = 32;
const MAX_BASELINES = 8;
const MAX_WRITERS = 64;

/** A larger file is none of ours. */
const MAX_BYTES = 1 << 20;

const MAX_TEXT = 200;

/** A clock may differ a little between hosts. */
const SLACK_MS = 60_000;

/** Since when a thread of another host has written nothing if its baselines protect nothing any more. */
const SILENT_MS = 7 * 24 * 3_600_000;

/** Whether `name` is a plain file name: nothing that leads out of a folder. */
function isPlainName(name) {
  return (
    typeof name === 'string' &&
    name.length > 0 &&
    name.length <= 255 &&
    name !== '.' &&
    name !== '..' &&
    !/[/\\\0]/.test(name)
  );
}

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const listOf = (value) => (Array.isArray(value) ? value : []);
const textOf = (value) => (typeof value === 'string' ? value.slice(0, MAX_TEXT) : null);
const sizeOf = (value) => (Number.isFinite(value) && value >= 0 ? value : 0);

function readFile(value) {
  if (!isObject(value) || !isPlainName(value.name)) return null;
  return { name: value.name, kind: textOf(value.kind) ?? 'other', bytes: sizeOf(value.bytes) };
}

const present = (value) => value !== null;

/** An entry with the fields it may have, or null. */
function readEntry(value) {
  if (!isObject(value) || typeof value.rule !== 'string' || !Number.isFinite(value.at)) return null;
  return {
    id: textOf(value.id) ?? '',
    rule: value.rule.slice(0, MAX_TEXT),
    at: value.at,
    endedAt: Number.isFinite(value.endedAt) ? value.endedAt : null,
    pid: sizeOf(value.pid),
    heapUsed: sizeOf(value.heapUsed),
    files: listOf(value.files).slice(0, MAX_FILES).map(readFile).filter(present),
    failed: value.failed === true,
    error: textOf(value.error),
  };
}

const WRITER = /^([0-9a-f]{8})-([1-9]\d{0,9})-(\d{1,20})-(\d{1,10})$/;

/** Whether the thread that has baselines may still need them. */
function isPresent({ writer, at }, now) {
  const match = WRITER.exec(writer);
  if (!match) return false;
  if (match[1] !== identity().hostTag) return now - at < SILENT_MS;
  return isAlive({ pid: Number(match[2]), startTime: match[3] });
}

function readBaselines(value) {
  if (!isObject(value) || typeof value.writer !== 'string' || !Number.isFinite(value.at))
    return null;
  const files = listOf(value.files).filter(isPlainName).slice(0, MAX_BASELINES);
  return { writer: value.writer.slice(0, MAX_TEXT), at: value.at, files };
}

function parse(text) {
  const document = JSON.parse(text);
  if (!String(document?.format).startsWith('rsprof-ledger/')) throw new Error('it is no ledger');
  return {
    entries: listOf(document.entries).slice(-MAX_ENTRIES).map(readEntry).filter(present),
    baselines: listOf(document.baselines).slice(-MAX_WRITERS).map(readBaselines).filter(present),
  };
}

async function readText(file) {
  const handle = await fs.promises.open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error('it is no regular file');
    if (stats.size > MAX_BYTES) throw new Error(`it has ${stats.size} bytes`);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** What cannot be read though it is there and may be read: something else has the name. */
function isDamaged(error) {
  return error.code === undefined || error.code === 'ELOOP' || error.code === 'ENXIO';
}

function writerName() {
  const { hostTag, pid, startTime, threadId } = identity();
  return `${hostTag}-${pid}-${startTime}-${threadId}`;
}

class Ledger {
  #dir;
  #baselines;
  /** Why what was there is to be set aside, or null. */
  problem;
  /** Whether times to come were found: until it is written they are now, again and again. */
  isRepaired = false;

  constructor(dir, { entries = [], baselines = [] } = {}, problem = null) {
    this.#dir = dir;
    this.#baselines = baselines;
    this.problem = problem;
    /** Oldest first. */
    this.entries = entries;
  }

  /**
   * @param {string} dir absolute
   * @param {number} now ms since the epoch
   * @returns {Promise<Ledger>} empty where there is none, or none that can be read
   * @throws {RsprofError} ACCESS and others: the folder cannot be read
   */
  static async read(dir, now) {
    const file = path.join(dir, NAME);
    try {
      const ledger = new Ledger(dir, parse(await readText(file)));
      ledger.#repair(now);
      return ledger;
    } catch (error) {
      if (error.code === 'ENOENT') return new Ledger(dir);
      if (isDamaged(error)) return new Ledger(dir, {}, `${file}: ${error.message}`);
      throw fromSystemError(error, 'read the ledger', file);
    }
  }

  /** The clock was set back, or somebody wrote nonsense: nothing may be forbidden for years. */
  #repair(now) {
    for (const entry of this.entries) {
      const { at, endedAt } = entry;
      if (at > now + SLACK_MS) entry.at = now;
      if (endedAt > now + SLACK_MS) entry.endedAt = entry.at;
      if (entry.at !== at || entry.endedAt !== endedAt) this.isRepaired = true;
    }
    this.#sort();
  }

  #sort() {
    this.entries.sort((one, other) => one.at - other.at);
  }

  /** Notes a firing; the oldest beyond the limit go. */
  add(entry) {
    this.entries.push(readEntry({ pid: process.pid, ...entry }));
    this.#sort();
    this.#forgetOldest(isOfProfiler, MAX_OF_PROFILER);
    this.#forgetOldest(() => true, MAX_ENTRIES);
  }

  /** Keeps the newest so many of those that `isOne` tells. */
  #forgetOldest(isOne, most) {
    const gone = new Set(this.entries.filter(isOne).slice(0, -most));
    if (gone.size > 0) this.entries = this.entries.filter((entry) => !gone.has(entry));
  }

  /** Completes a firing; one that somebody lost is noted anew. */
  complete(entry) {
    const at = this.entries.findIndex(({ id }) => id === entry.id);
    if (at >= 0) this.entries.splice(at, 1);
    this.add(entry);
  }

  /** The firing that made a file, or undefined. */
  makerOf(name) {
    return this.entries.find(({ files }) => files.some((file) => file.name === name));
  }

  /** Says which files of the folder this thread compares with. */
  setBaselines(names, now) {
    const writer = writerName();
    const others = this.#baselines.filter((one) => one.writer !== writer && isPresent(one, now));
    const mine = { writer, at: now, files: names.filter(isPlainName).slice(0, MAX_BASELINES) };
    this.#baselines = mine.files.length > 0 ? [...others, mine] : others;
  }

  /** Names of the files that some living thread compares with. */
  baselines(now) {
    return this.#baselines.filter((one) => isPresent(one, now)).flatMap(({ files }) => files);
  }

  /**
   * Puts it in place. To be called under the host's lock.
   *
   * @returns {Promise<void>}
   * @throws {RsprofError} DISK_FULL, ACCESS, IO; then the old one is still there
   */
  async write() {
    const file = path.join(this.#dir, NAME);
    const partial = partialName(file, identity());
    try {
      if (this.problem) await this.#setAside(file);
      await writeNew(partial, this.#text());
      await fs.promises.rename(partial, file);
      this.isRepaired = false;
    } catch (error) {
      await fs.promises.rm(partial, { force: true }).catch(() => {});
      throw fromSystemError(error, 'write the ledger', file);
    }
  }

  async #setAside(file) {
    await fs.promises.rename(file, path.join(this.#dir, DAMAGED));
    this.problem = null;
  }

  /** No longer than what is read again: hostile names may be long. */
  #text() {
    for (;;) {
      const text = textOfLedger(this.entries, this.#baselines);
      if (Buffer.byteLength(text) <= MAX_BYTES || this.entries.length === 0) return text;
      this.entries.splice(0, Math.ceil(this.entries.length / 2));
    }
  }
}

/** One firing a line. */
function textOfLedger(entries, baselines) {
  const row = (one) => `\n    ${JSON.stringify(one)}`;
  return `{
  "format": "${FORMAT}",
  "entries": [${entries.map(row)}],
  "baselines": [${baselines.map(row)}]\n}\n`;
}

/** Its name holds this very thread, so one that is there was left by a former life. */
async function writeNew(partial, text) {
  await fs.promises.rm(partial, { force: true });
  const flag = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  await fs.promises.writeFile(partial, text, { flag, mode: 0o600 });
}

module.exports = { DAMAGED, Ledger, MAX_ENTRIES, NAME, isPlainName };
