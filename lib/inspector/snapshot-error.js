'use strict';

/**
 * The error for heap snapshot bytes that contradict themselves.
 *
 * @module
 */

const { RsprofError } = require('../errors.js');

/**
 * @param {string} what was found, such as `an edge ends outside the nodes`
 * @param {number} offset of the byte where it was found, from the start of the uncompressed snapshot
 * @returns {RsprofError} `ERR_RSPROF_INVALID_SNAPSHOT`
 */
function invalidSnapshot(what, offset) {
  return new RsprofError(
    'ERR_RSPROF_INVALID_SNAPSHOT',
    `rsprof does not keep the heap snapshot: ${what} (byte ${offset}); V8 wrote it incompletely, take it again`,
  );
}

module.exports = { invalidSnapshot };
