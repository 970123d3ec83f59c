'use strict';

/**
 * Whole files, where they are regular ones and not too large. Nothing else is waited for or read:
 * what a map is called was written by others.
 *
 * @module
 */

const fs = require('node:fs');
const { firstBytes } = require('../first-bytes.js');

/** No script and no map that is of use is larger. */
const MAX_BYTES = 256 * 2 ** 20;

/** A pipe without a writer would keep a blocking open waiting. */
const FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY;

const MISSING = new Set(['ENOENT', 'ENOTDIR']);

const unreadable = (reason) => ({ bytes: null, reason });

async function readOpened(handle) {
  const stats = await handle.stat();
  if (!stats.isFile()) return unreadable('it is no regular file');
  if (stats.size > MAX_BYTES) return unreadable(`it is larger than ${MAX_BYTES / 2 ** 20} MB`);
  return { bytes: await firstBytes(handle, stats.size), reason: null };
}

/**
 * @param {string} file
 * @returns {Promise<{ bytes: Buffer|null, reason: string|null }>} without both where there is no such file;
 *   never rejects
 */
async function readRegularFile(file) {
  let handle;
  try {
    handle = await fs.promises.open(file, FLAGS);
    return await readOpened(handle);
  } catch (error) {
    return unreadable(MISSING.has(error.code) ? null : `it cannot be read (${error.code})`);
  } finally {
    await handle?.close();
  }
}

module.exports = { MAX_BYTES, readRegularFile };
