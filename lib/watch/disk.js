'use strict';

/**
 * What a disk has left.
 *
 * @module
 */

const fs = require('node:fs');

/**
 * @param {string} dir
 * @returns {{ freeBytes: number, totalBytes: number }} free for this user; NaN where it cannot be read
 */
function diskSpace(dir) {
  try {
    const { bavail, blocks, bsize } = fs.statfsSync(dir);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return { freeBytes: Number.NaN, totalBytes: Number.NaN };
  }
}

module.exports = { diskSpace };
