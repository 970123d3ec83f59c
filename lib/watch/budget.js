'use strict';

/**
 * Whether a capture fits: its file on the disk, its pause in the process, its graph in memory. Asked before
 * each action, so that a smaller one can take the place of one that does not fit.
 *
 * @module
 */

const { duration, size } = require('../units.js');

/**
 * Bytes of a snapshot's file for each byte of the heap, before one was seen. Measured: 0.38 (gzip), 0.18 (zstd)
 * and 1.5 for the mixed heap of bench/; at the worst, nothing but short strings, 0.6, 0.3 and 2.2.
 */
const HEAP_RATIO = Object.freeze({ gzip: 0.45, zstd: 0.25, none: 2 });

/** The next heap may be another one. */
const MARGIN = 1.25;

const MIB = 1 << 20;

/** What files of the other kinds take at most as a rule; what is not named is a small one. */
const USUAL_BYTES = Object.freeze({ cpuProfile: 16 * MIB, heapProfile: 16 * MIB, report: 4 * MIB });
const SMALL_BYTES = MIB;

/** What each is called in sentences. */
const TITLES = Object.freeze({
  heapSnapshot: 'a heap snapshot',
  cpuProfile: 'a CPU profile',
  heapProfile: 'an allocation profile',
  classHistogram: 'a class histogram',
  report: 'a diagnostic report',
});

/** Firings that are looked at for sizes. */
const LOOK_BACK = 20;

/** Sizes of the files of a kind that rules wrote lately: `{ bytes, heapUsed }`, the newest last. */
function seen(entries, kind) {
  return entries.slice(-LOOK_BACK).flatMap(({ heapUsed, files }) => {
    const same = files.filter((file) => file.kind === kind && file.bytes > 0);
    return same.map(({ bytes }) => ({ bytes, heapUsed }));
  });
}

/** Files of the same compression only: it is in their names. */
const packedAs = (compression, name) =>
  compression === 'none'
    ? !/\.(gz|zst)$/.test(name)
    : name.endsWith({ gzip: '.gz', zstd: '.zst' }[compression]);

function snapshotBytes(entries, { heapBytes, compression }) {
  const alike = entries.map((entry) => ({
    ...entry,
    files: entry.files.filter(({ name }) => packedAs(compression, name)),
  }));
  const last = seen(alike, 'heapSnapshot')
    .filter(({ heapUsed }) => heapUsed > 0)
    .at(-1);
  const ratio = last ? MARGIN * (last.bytes / last.heapUsed) : HEAP_RATIO[compression];
  return Math.ceil(ratio * heapBytes);
}

/**
 * How large the file of a capture will be, about.
 *
 * @param {string} kind such as `heapSnapshot`
 * @param {object} known
 * @param {object[]} known.entries of the ledger
 * @param {number} known.heapBytes in use
 * @param {'gzip'|'zstd'|'none'} known.compression
 * @returns {number} bytes
 */
function expectedBytes(kind, known) {
  if (kind === 'heapSnapshot') return snapshotBytes(known.entries, known);
  const sizes = seen(known.entries, kind).map(({ bytes }) => bytes);
  if (sizes.length > 0) return Math.ceil(MARGIN * Math.max(...sizes));
  return USUAL_BYTES[kind] ?? SMALL_BYTES;
}

function whyNotOnDisk({ bytes, usedBytes, quotaBytes, freeBytes, minFreeBytes }) {
  if (usedBytes + bytes > quotaBytes)
    return `captures take ${size(usedBytes)} of the folder, and limits.quota is ${size(quotaBytes)}`;
  if (freeBytes - bytes < minFreeBytes)
    return `${size(freeBytes)} of the disk are free, and limits.minFreeDisk is ${size(minFreeBytes)}`;
  return null;
}

function whyNotInTime({ pauseMs, pauseLimitMs }) {
  if (pauseMs <= pauseLimitMs) return null;
  return `it could stop the process for ${duration(pauseMs)}, and limits.pause is ${duration(pauseLimitMs)}`;
}

/** A child can keep its memory in a file, if the disk has room for both. */
function whyNotInMemory(figures) {
  const { memoryBytes, availableBytes, canSpill, bytes, freeBytes, minFreeBytes } = figures;
  if (memoryBytes <= availableBytes) return null;
  const memory = `it could take ${size(memoryBytes)} of memory, and ${size(availableBytes)} are left for it`;
  if (!canSpill) return memory;
  if (freeBytes - bytes - memoryBytes < minFreeBytes)
    return `${memory}; to keep them in a file ${size(freeBytes)} of free disk are not enough`;
  return null;
}

/**
 * Whether a capture fits.
 *
 * @param {string} kind such as `heapSnapshot`
 * @param {object} figures bytes and ms; `pauseMs` and `memoryBytes` of heap snapshots only. What is not known
 *   is NaN, and refuses nothing
 * @returns {{ reason: string, isDisk: boolean, figures: object }|null} null: it does; `isDisk`: the file is
 *   what does not fit
 */
function whyNotFit(kind, figures) {
  const noDisk = whyNotOnDisk(figures);
  const why =
    noDisk ?? (kind === 'heapSnapshot' ? (whyNotInTime(figures) ?? whyNotInMemory(figures)) : null);
  if (why === null) return null;
  const title = TITLES[kind] ?? `the file of ${kind}`;
  const reason = `${title} (about ${size(figures.bytes)}) does not fit: ${why}`;
  return { reason, isDisk: noDisk !== null, figures };
}

module.exports = { expectedBytes, whyNotFit };
