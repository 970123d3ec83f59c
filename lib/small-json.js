'use strict';

/**
 * Small JSON files that anybody may have put in a folder of captures: sidecars, verdicts.
 *
 * @module
 */

const fs = require('node:fs');

const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = fs.constants;

/** A larger file is not one of ours. */
const MOST_BYTES = 1 << 20;

/**
 * What a small JSON file says. No link is followed, no pipe waited for.
 *
 * @param {string} file
 * @param {number} [most] bytes
 * @returns {Promise<unknown>} undefined for what is not there, too large, no regular file or no JSON
 */
async function readSmallJson(file, most = MOST_BYTES) {
  let handle;
  try {
    handle = await fs.promises.open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size > most) return undefined;
    return JSON.parse(await handle.readFile('utf8'));
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}

module.exports = { readSmallJson };
