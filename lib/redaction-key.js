'use strict';

/**
 * The key of the hashes that stand for redacted strings: equal strings of one process stay comparable
 * across its snapshots, while nobody without the key can test a guess. Never written anywhere.
 *
 * @module
 */

const { randomBytes } = require('node:crypto');

const KEY_BYTES = 16;

let key;

/**
 * @returns {Buffer} 16 random bytes, the same for the life of this thread
 */
function redactionKey() {
  key ??= randomBytes(KEY_BYTES);
  return key;
}

module.exports = { redactionKey };
