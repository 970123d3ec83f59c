'use strict';

/**
 * `node --require rsprof/compat/register app.js`: `heapdump`, `v8-profiler`, `v8-profiler-next` and memwatch, by
 * whomever they are required, are rsprof's. Nothing is installed or changed for it. See docs/migrating.md.
 *
 * @module
 */

require('../lib/compat/register.js').register();
