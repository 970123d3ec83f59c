'use strict';

/**
 * The Content-Security-Policy of the pages that rsprof writes.
 *
 * @module
 */

const crypto = require('node:crypto');

const hash = (text) => `'sha256-${crypto.createHash('sha256').update(text).digest('base64')}'`;

/** Nothing may be loaded from anywhere; this style and this script are the only ones that count. */
function policy(style, script) {
  return [
    "default-src 'none'",
    `style-src ${hash(style)}`,
    `script-src ${hash(script)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

module.exports = { policy };
