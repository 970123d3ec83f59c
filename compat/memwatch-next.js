'use strict';

/**
 * In the place of `memwatch-next` 0.3.0, `memwatch` 0.2 and `node-memwatch`: `stats` in the shape they have.
 * See docs/migrating.md.
 *
 * @module
 */

const memwatch = require('../lib/compat/memwatch.js').make('legacy');

module.exports = memwatch;
// They are there already: so written, `import { HeapDiff }` finds them.
module.exports.gc = memwatch.gc;
module.exports.HeapDiff = memwatch.HeapDiff;
