'use strict';

/**
 * In the place of `@airbnb/node-memwatch` 3.0.0, with the `leak` event of its ancestors. See
 * docs/migrating.md.
 *
 * @module
 */

const memwatch = require('../lib/compat/memwatch.js').make('current');

module.exports = memwatch;
// They are there already: so written, `import { HeapDiff }` finds them.
module.exports.gc = memwatch.gc;
module.exports.HeapDiff = memwatch.HeapDiff;
