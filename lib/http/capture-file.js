'use strict';

/**
 * A capture in the folder, as clients see it. Sidecars and names are anybody's: nothing of them is believed
 * beyond its type, nothing of them leads anywhere.
 *
 * @module
 */

const { visible } = require('../visible.js');
const { kindOf, timeOfStamp } = require('../watch/inventory.js');
const { captureId } = require('./capture-id.js');

const MOST_REASON = 1000;

/** What the clock of the process and that of its start may differ by. */
const SLACK_MS = 2000;

/** Process and thread, as lib/naming.js writes them. */
const WRITER = /^\d{8}T\d{6}\.\d{3}Z-(\d{1,10})-\d{1,10}-\d{4,16}\./;

const textOf = (value, most = MOST_REASON) =>
  typeof value === 'string' ? visible(value.slice(0, most)) : null;

const numberOf = (value) => (Number.isFinite(value) && value >= 0 ? value : null);

/** @returns {'gzip'|'zstd'|'none'} by the name */
function compressionOf(name) {
  if (name.endsWith('.gz')) return 'gzip';
  return name.endsWith('.zst') ? 'zstd' : 'none';
}

/** How long the thread stood still for it: a snapshot says so, a profile stops it at its start and its end. */
function pauseOf({ pauseMs, startMs, stopMs }) {
  const ends = [numberOf(startMs), numberOf(stopMs)];
  return numberOf(pauseMs) ?? (ends.includes(null) ? null : ends[0] + ends[1]);
}

function startOf(name, sidecar, mtimeMs) {
  const told = typeof sidecar?.startedAt === 'string' ? Date.parse(sidecar.startedAt) : Number.NaN;
  return Number.isNaN(told) ? (timeOfStamp(name) ?? mtimeMs) : told;
}

function pidOf(name, sidecar) {
  const { pid } = sidecar?.host ?? {};
  if (Number.isInteger(pid) && pid > 0) return pid;
  const [, written] = WRITER.exec(name) ?? [];
  return written === undefined ? null : Number(written);
}

function hostOf({ platform, arch } = {}) {
  const parts = [textOf(platform, 20), textOf(arch, 20)].filter(Boolean);
  return parts.length > 0 ? parts.join(' ') : null;
}

/** In a container every life has the same pid: what is older than this process is not of it. */
function isOurs(pid, startedAt) {
  return pid === process.pid && startedAt >= Date.now() - process.uptime() * 1000 - SLACK_MS;
}

/** What forecasts learn from: the process as it was, and what the capture cost. */
function costsOf({ process: figures = {}, result = {} }) {
  return {
    heapUsed: numberOf(figures?.heapUsed),
    rss: numberOf(figures?.rss),
    addedBytes: numberOf(result.fork?.addedBytes),
  };
}

/**
 * @param {object} found
 * @param {string} found.name of the file
 * @param {string} found.path of the file; not enumerable in what is returned: it is not for clients
 * @param {{ size: number, mtimeMs: number }} found.stats
 * @param {object|null} found.sidecar
 * @param {string|null} found.verdict
 * @returns {object} Capture, see index.d.ts; with `path` and `costs`, which JSON leaves out
 */
function toCapture({ name, path, stats, sidecar, verdict }) {
  const result = sidecar?.result ?? {};
  const compression = compressionOf(name);
  const startedAt = startOf(name, sidecar, stats.mtimeMs);
  const pid = pidOf(name, sidecar);
  const capture = {
    id: captureId(name),
    name: visible(name),
    kind: kindOf(name),
    bytes: stats.size,
    rawBytes: compression === 'none' ? stats.size : numberOf(result.rawBytes),
    compression,
    startedAt: new Date(startedAt).toISOString(),
    reason: textOf(sidecar?.reason),
    pid,
    host: hostOf(sidecar?.host),
    durationMs: numberOf(result.durationMs),
    pauseMs: pauseOf(result),
    strategy: textOf(result.strategy, 20),
    verdict,
    ofThisProcess: isOurs(pid, startedAt),
    sidecar: sidecar !== null,
    analyzed: verdict !== null,
  };
  Object.defineProperty(capture, 'fileName', { value: name });
  Object.defineProperty(capture, 'path', { value: path });
  Object.defineProperty(capture, 'costs', { value: costsOf(sidecar ?? {}) });
  return capture;
}

module.exports = { compressionOf, toCapture };
