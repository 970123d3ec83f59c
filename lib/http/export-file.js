'use strict';

/**
 * A profile in the format of another tool as the answer to a request. What is written for it is gone afterwards.
 *
 * @module
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { fromSystemError, invalidArgument } = require('../errors.js');
const { sendFile } = require('./download.js');

/** Format -> how the file is called, and what it is. */
const FORMATS = Object.freeze({
  pprof: { extension: '.pb.gz', type: 'application/octet-stream', compression: 'gzip' },
  speedscope: { extension: '.speedscope.json', type: 'application/json; charset=utf-8' },
  folded: { extension: '.folded.txt', type: 'text/plain; charset=utf-8' },
  chrome: { extension: '.trace.json', type: 'application/json; charset=utf-8' },
  html: { extension: '.html', type: 'text/html; charset=utf-8' },
});

const CAPTURE = /\.(cpuprofile|heapprofile)(\.gz|\.zst)?$/;

async function makeFolder() {
  try {
    return await fs.promises.mkdtemp(path.join(os.tmpdir(), 'rsprof-export-'));
  } catch (error) {
    throw fromSystemError(error, 'make a folder in', os.tmpdir());
  }
}

/** The library's own call, in this process. */
function exportHere(file, format, out, { signal }) {
  return require('../export-profile.js').exportProfile(file, { format, out, signal });
}

/**
 * @param {{ request: object, response: object }} call as of lib/http/download.js
 * @param {object} entry of `Captures.find()`
 * @param {string} format
 * @param {object} [how]
 * @param {AbortSignal} [how.signal]
 * @param {(file: string, format: string, out: string, how: { signal?: AbortSignal }) => Promise<unknown>}
 *   [how.exportTo] such as the explorer's
 * @returns {Promise<{ status: number, bytes: number, complete: boolean }>}
 * @throws {RsprofError} INVALID_ARG, INVALID_PROFILE, NOT_FOUND, UNSUPPORTED, DISK_FULL and others of the export
 */
async function sendExport(call, entry, format, { signal, exportTo = exportHere } = {}) {
  if (!Object.hasOwn(FORMATS, format)) {
    throw invalidArgument(`the format must be one of ${Object.keys(FORMATS).join(', ')}`);
  }
  if (!CAPTURE.test(entry.fileName)) {
    throw invalidArgument(`a capture of the kind ${entry.kind} cannot be exported: profiles can`);
  }
  const { extension, type, compression = 'none' } = FORMATS[format];
  const dir = await makeFolder();
  try {
    const out = path.join(dir, `export${extension}`);
    await exportTo(entry.path, format, out, { signal });
    const name = entry.fileName.replace(CAPTURE, `.$1${extension}`);
    const file = { path: out, name: entry.name, fileName: name, compression, type };
    return await sendFile(call, file, { raw: true });
  } finally {
    await fs.promises.rm(dir, { recursive: true, force: true }).catch(() => {});
  }
}

module.exports = { FORMATS, sendExport };
