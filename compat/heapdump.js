'use strict';

/**
 * In the place of `heapdump` 0.3.15. See docs/migrating.md.
 *
 * @module
 */

module.exports = require('../lib/compat/heapdump.js');
