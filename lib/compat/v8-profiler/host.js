'use strict';

/**
 * What the back end of this thread does for the profilers. Chosen at the first call, then kept.
 *
 * A host answers at once:
 *
 * - `startCpu({ interval, records, eager })` -> `{ stop() }`, whose answer is `{ startTime, endTime, nodes,
 *   samples, timestamps }` as `src/export/raw.rs` has it;
 * - `startSampling({ interval, depth })` -> `{ stop() }`, whose answer is `{ names, nodes }` of the same
 *   file; undefined where somebody else has ended it;
 * - `takeGraph()` -> a graph, see native-graph.js;
 * - `startNumbering()`, `stopNumbering()`, `heapStats()` -> `{ updates, lastId }`, `objectId(value)`,
 *   `findObject(id)` -> `[value]`, true for something that JavaScript cannot see, false for nothing;
 * - `collectSample()`.
 *
 * @module
 */

const { current } = require('../../backend.js');

let chosen;

/**
 * @returns {object} see above
 * @throws {import('../../errors.js').RsprofError} `ERR_RSPROF_UNAVAILABLE`
 */
function host() {
  chosen ??=
    current().name === 'native' ? require('./native-host.js') : require('./inspector-host.js');
  return chosen;
}

module.exports = { host };
