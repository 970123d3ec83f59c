'use strict';

/**
 * A full collection, asked for in a process that was not started with `--expose-gc`.
 *
 * @module
 */

const v8 = require('node:v8');
const vm = require('node:vm');

let collector;

/** V8 gives `gc` to contexts that are made while the flag is set; ours is the only one. */
function makeCollector() {
  if (typeof globalThis.gc === 'function') return globalThis.gc;
  v8.setFlagsFromString('--expose-gc');
  try {
    return vm.runInNewContext('gc');
  } finally {
    v8.setFlagsFromString('--no-expose-gc');
  }
}

/** Collects all garbage, before it returns. */
function collect() {
  collector ??= makeCollector();
  collector();
}

module.exports = { collect };
