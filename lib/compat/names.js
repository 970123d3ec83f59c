'use strict';

/**
 * The packages that rsprof stands in for, and the file of `compat/` that does.
 *
 * @module
 */

const REPLACED = Object.freeze({
  heapdump: 'heapdump',
  'v8-profiler': 'v8-profiler',
  'v8-profiler-next': 'v8-profiler-next',
  '@airbnb/node-memwatch': 'memwatch',
  'memwatch-next': 'memwatch-next',
  memwatch: 'memwatch-next',
  'node-memwatch': 'memwatch-next',
});

module.exports = { REPLACED };
