'use strict';

/** What the tests of lib/watch share: a folder, a clock, captures as rules and people leave them. */

const fs = require('node:fs');
const path = require('node:path');
const { stamp } = require('../../lib/naming.js');
const { Limits, readLimits } = require('../../lib/watch/limits.js');
const { tempDir } = require('./support.js');

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2024-01-31T12:00:00.000Z');

/** A heap that costs nothing, and a disk without end. */
const SMALL_HEAP = Object.freeze({
  pauseMs: 1,
  memoryBytes: 1,
  leastBytes: 1,
  availableBytes: 2 ** 40,
  heapBytes: 1000,
  heapLimitBytes: 2000,
  forkPauseMs: 1,
});
const LARGE_DISK = Object.freeze({ freeBytes: 2 ** 40, totalBytes: 2 ** 41 });

/**
 * Limits over a folder of their own, at a time that the test sets (`world.now`), past the start's grace.
 *
 * @returns {{ dir: string, now: number, limits: Limits, another(options?: object): Limits }}
 */
function makeWorld(t, { limits = {}, ...options } = {}) {
  const world = { dir: tempDir(t), tmpDir: tempDir(t), now: START, reports: [] };
  world.another = (more = {}) => {
    const made = new Limits({
      dir: world.dir,
      tmpDir: world.tmpDir,
      limits: readLimits({ grace: 0, ...limits }),
      clock: () => world.now,
      freeBytes: () => LARGE_DISK,
      forecast: () => SMALL_HEAP,
      canFork: () => true,
      random: () => 0,
      report: (text) => world.reports.push(text),
      ...options,
      ...more,
    });
    return made;
  };
  world.limits = world.another();
  return world;
}

let sequence = 0;

/** The name of a capture that was begun at `at`. */
function captureName(at, { pid = 77, kind = 'heapsnapshot.gz' } = {}) {
  return `${stamp(new Date(at))}-${pid}-0-${String(++sequence).padStart(4, '0')}.${kind}`;
}

/**
 * Puts a capture into a folder, with a sidecar where a reason is given.
 *
 * @returns {string} its name
 */
function putCapture(dir, { at = START, bytes = 10, reason, name = captureName(at) } = {}) {
  fs.writeFileSync(path.join(dir, name), Buffer.alloc(bytes));
  if (reason !== undefined) putSidecar(dir, name, { at, reason });
  return name;
}

function putSidecar(dir, name, { at = START, reason, ...more }) {
  const startedAt = new Date(at).toISOString();
  const document = { format: 'rsprof-sidecar/1', file: name, reason, startedAt, ...more };
  fs.writeFileSync(path.join(dir, `${name}.json`), JSON.stringify(document));
}

const ledgerFile = (dir) => path.join(dir, 'rsprof-ledger.json');
const readLedger = (dir) => JSON.parse(fs.readFileSync(ledgerFile(dir), 'utf8'));

/** The captures of a folder: no sidecars, no ledger. */
function captures(dir) {
  return fs
    .readdirSync(dir)
    .filter((name) => /\.(heapsnapshot|cpuprofile|heapprofile)(\.gz)?$/.test(name))
    .sort();
}

module.exports = {
  DAY,
  HOUR,
  LARGE_DISK,
  SECOND,
  SMALL_HEAP,
  START,
  captureName,
  captures,
  ledgerFile,
  makeWorld,
  putCapture,
  putSidecar,
  readLedger,
};
