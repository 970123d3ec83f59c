'use strict';

/**
 * The small JSON file beside a capture: what, why, when, what it cost, which versions, its SHA-256.
 * It holds no environment variable, no command line and no contents of the heap.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { threadId } = require('node:worker_threads');
const version = require('./version.js');

/** First field of every sidecar; its number grows when a field changes its meaning. */
const FORMAT = 'rsprof-sidecar/1';

/** Options that are no setting of the capture, or stand elsewhere in the document. */
const LEFT_OUT = new Set(['path', 'dir', 'signal', 'onProgress', 'reason']);

/** Figures of the result that stand elsewhere in the document, or are places on this machine. */
const ELSEWHERE = new Set(['path', 'sidecar', 'pid', 'threadId', 'startedAt']);

/** A larger file is not one of ours. */
const MAX_BYTES = 1 << 20;

/** @returns {string} the path of the sidecar of `file` */
function sidecarPath(file) {
  return `${file}.json`;
}

/**
 * Memory and age of the process, as they stand in a sidecar.
 *
 * @returns {{ rss?: number, heapUsed?: number, external?: number, arrayBuffers?: number, uptime: number }}
 *   bytes; seconds. Without the bytes where they cannot be read (no descriptor left, no /proc)
 */
function processFigures() {
  const uptime = process.uptime();
  try {
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
    return { rss, heapUsed, external, arrayBuffers, uptime };
  } catch {
    return { uptime };
  }
}

function without(object, names) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.has(name)));
}

/**
 * @param {object} capture
 * @param {string} capture.kind `heapSnapshot`, `cpuProfile` or `heapProfile`
 * @param {object} capture.settings the options with their defaults
 * @param {object} capture.result what the caller gets
 * @param {object} capture.processFigures as they were when the capture began
 * @returns {string} the JSON text, pretty-printed, with a newline at its end
 */
function sidecarText({ kind, settings, result, processFigures: figures }) {
  const document = {
    format: FORMAT,
    kind,
    file: path.basename(result.path),
    reason: settings.reason ?? null,
    startedAt: result.startedAt,
    options: without(settings, LEFT_OUT),
    result: without(result, ELSEWHERE),
    versions: { rsprof: version, node: process.versions.node, v8: process.versions.v8 },
    host: { platform: process.platform, arch: process.arch, pid: process.pid, threadId },
    process: figures,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * The fields that are known before there is a capture. A process that is out of memory has no
 * JavaScript left to write the others: src/fork/ghost/record.rs does.
 *
 * @param {{ kind: string, settings: object }} capture as for {@link sidecarText}
 * @returns {object}
 */
function sidecarFields({ kind, settings }) {
  return {
    format: FORMAT,
    kind,
    options: without(settings, LEFT_OUT),
    versions: { rsprof: version, node: process.versions.node, v8: process.versions.v8 },
    host: { platform: process.platform, arch: process.arch, pid: process.pid, threadId },
  };
}

/**
 * Whether `file` is a sidecar that rsprof wrote (and so may overwrite).
 *
 * @param {string} file
 * @returns {boolean} false for what does not exist or cannot be read
 */
function isSidecar(file) {
  try {
    const stats = fs.lstatSync(file);
    if (!stats.isFile() || stats.size > MAX_BYTES) return false;
    const { format } = JSON.parse(fs.readFileSync(file, 'utf8'));
    return typeof format === 'string' && format.startsWith('rsprof-sidecar/');
  } catch {
    return false;
  }
}

module.exports = { FORMAT, isSidecar, processFigures, sidecarFields, sidecarPath, sidecarText };
