'use strict';

/**
 * Begins the black box of this thread.
 *
 * @module
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { RsprofError, fromSystemError } = require('../../errors.js');
const { identity } = require('../../process-identity.js');
const version = require('../../version.js');
const { youngReserve } = require('../young-generation.js');
const { FileSink } = require('./file-sink.js');
const { blackboxName } = require('./folder.js');
const { layoutOf } = require('./format.js');
const { BlackboxWriter } = require('./writer.js');

// Shared by every copy of rsprof in this thread: two writers would spoil one file.
const OPEN = Symbol.for('rsprof.blackboxes/1');

function openPaths() {
  if (!globalThis[OPEN]) Object.defineProperty(globalThis, OPEN, { value: new Set() });
  return globalThis[OPEN];
}

function claim(path) {
  if (openPaths().has(path)) {
    const message = `rsprof does not write ${path}: another watcher of this thread does; close it first`;
    throw new RsprofError('ERR_RSPROF_BUSY', message);
  }
  openPaths().add(path);
  return () => openPaths().delete(path);
}

/** What the header tells. No environment, no command line: there are secrets in both. */
function describe(interval, startedAt) {
  return {
    ...identity(),
    host: os.hostname(),
    node: process.versions.node,
    rsprof: version,
    startedAt,
    interval,
    totalMemory: os.totalmem(),
    youngReserve: youngReserve(),
  };
}

/** One of this very thread is left from an earlier watcher of it. */
function removeOld(file) {
  try {
    fs.unlinkSync(file);
  } catch (error) {
    if (error.code !== 'ENOENT') throw fromSystemError(error, 'replace the black box', file);
  }
}

/** The addon ends its mirror when it is stopped. */
function sinkOf(file, { bytes, tail }, mirror) {
  if (!mirror) return new FileSink(file, bytes);
  mirror.mirrorTo({ path: file, bytes, tailOffset: tail.offset });
  return { write: (offset, block) => mirror.write(offset, block), close() {} };
}

function create(file, { history, interval, mirror, clock }, release) {
  removeOld(file);
  const inner = sinkOf(file, layoutOf(history.tiers), mirror);
  const sink = {
    write: (offset, block) => inner.write(offset, block),
    close() {
      release();
      inner.close();
    },
  };
  const info = describe(interval, clock());
  return new BlackboxWriter({ path: file, history, sink, info, clock });
}

/**
 * @param {object} how
 * @param {string} how.dir absolute, exists
 * @param {import('../history.js').History} how.history
 * @param {number} how.interval ms between two readings
 * @param {{ mirrorTo(where: object): void, write(offset: number, bytes: Uint8Array): void }} [how.mirror] the
 *   addon's `Readings`; without it this thread writes the file, and nothing is known of a stuck event loop
 * @param {() => number} [how.clock] ms since the epoch
 * @returns {BlackboxWriter}
 * @throws {RsprofError} DISK_FULL, ACCESS, NOT_FOUND, BUSY, IO
 */
function openBlackbox({ dir, history, interval, mirror, clock = Date.now }) {
  const file = path.resolve(dir, blackboxName());
  const release = claim(file);
  try {
    return create(file, { history, interval, mirror, clock }, release);
  } catch (error) {
    release();
    throw fromSystemError(error, 'write the black box', file);
  }
}

module.exports = { openBlackbox };
