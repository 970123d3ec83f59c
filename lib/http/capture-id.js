'use strict';

/**
 * What a capture is called towards clients: no name of theirs ever becomes a path.
 *
 * @module
 */

const { createHash } = require('node:crypto');

const LENGTH = 16;

/**
 * @param {string} name of its file, without a folder
 * @returns {string} 16 characters of base64url
 */
function captureId(name) {
  return createHash('sha256').update(name).digest('base64url').slice(0, LENGTH);
}

module.exports = { captureId };
