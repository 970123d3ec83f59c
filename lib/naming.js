'use strict';

/**
 * Default file names: sortable by time, unique across processes and threads.
 *
 * @module
 */

const { threadId } = require('node:worker_threads');
const { EXTENSIONS } = require('./options.js');

/** What each kind of capture is called on disk. */
const KIND_EXTENSIONS = Object.freeze({
  heapSnapshot: '.heapsnapshot',
  cpuProfile: '.cpuprofile',
  heapProfile: '.heapprofile',
  report: '.report.json',
  classHistogram: '.classes.json',
});

// Shared by every copy of rsprof in this thread: two copies must not give one name twice.
const SEQUENCE = Symbol.for('rsprof.sequence/1');

/** The next number of this thread, from 1. */
function nextSequence() {
  const value = (globalThis[SEQUENCE] ?? 0) + 1;
  Object.defineProperty(globalThis, SEQUENCE, { value, configurable: true });
  return value;
}

/**
 * @param {Date} date
 * @returns {string} `YYYYMMDDTHHMMSS.mmmZ` (UTC): text order is time order
 */
function stamp(date) {
  return date.toISOString().replaceAll('-', '').replaceAll(':', '');
}

/**
 * A file name that nobody else gives: `<UTC stamp>-<pid>-<threadId>-<sequence><extension>`.
 *
 * @param {string} kind `heapSnapshot`, `cpuProfile`, `heapProfile`, `report` or `classHistogram`
 * @param {'gzip'|'zstd'|'none'} compression
 * @param {Date} [date] now by default
 * @returns {string} without a folder
 */
function defaultName(kind, compression, date = new Date()) {
  const sequence = String(nextSequence()).padStart(4, '0');
  const extension = KIND_EXTENSIONS[kind] + EXTENSIONS[compression];
  return `${stamp(date)}-${process.pid}-${threadId}-${sequence}${extension}`;
}

/**
 * The name a file has while it is being written: it says which thread of which process writes it.
 *
 * @param {string} final the path it will have
 * @param {{ hostTag: string, pid: number, startTime: string, threadId: number }} identity
 * @returns {string} in the same folder
 */
function partialName(final, identity) {
  const { hostTag, pid, startTime, threadId: thread } = identity;
  return `${final}.${hostTag}-${pid}-${startTime}-${thread}.partial`;
}

const SUFFIX = /\.([0-9a-f]{8})-([1-9]\d{0,9})-(\d{1,20})-(\d{1,10})\.partial$/;

/**
 * Who writes a partial file.
 *
 * @param {string} name of a file, without a folder
 * @returns {{ hostTag: string, pid: number, startTime: string, threadId: number }|null} null: not ours
 */
function parsePartialName(name) {
  const match = SUFFIX.exec(name);
  if (!match || match.index === 0) return null;
  return {
    hostTag: match[1],
    pid: Number(match[2]),
    startTime: match[3],
    threadId: Number(match[4]),
  };
}

/** The path that a partial file will have (any other path as it is). */
function finalName(partial) {
  return partial.replace(SUFFIX, '');
}

module.exports = { KIND_EXTENSIONS, defaultName, finalName, parsePartialName, partialName, stamp };
