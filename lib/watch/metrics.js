'use strict';

/**
 * What is read of a process: one table for the sampler, the history, the conditions of rules, the black box
 * and the documentation. A reading is a row of numbers in this order; what is not known is NaN.
 *
 * @module
 */

/**
 * - `unit`: `bytes`, `ms`, `ratio` (1 = 100 %), `count`, `perSecond`, `time` (ms since the epoch).
 * - `keep`: what a minute keeps of its seconds: `mean`, `max`, `sum`, `last`.
 *
 * @typedef {{ name: string, unit: string, keep: 'mean'|'max'|'sum'|'last', text: string }} Metric
 */

/** Read by the addon, in the order in which it fills a row (`READING_FIELDS` of src/watch/fields.rs). */
const NATIVE = [
  ['rss', 'bytes', 'mean', 'resident memory of the process'],
  [
    'memoryUsed',
    'bytes',
    'mean',
    'working set of the control group: its use without inactive files',
  ],
  ['memoryLimit', 'bytes', 'last', 'limit of the control group, else memory of the machine'],
  ['cpu', 'ratio', 'mean', 'CPU time of the process; 1 is one core'],
  ['threadCpu', 'ratio', 'mean', 'CPU time of this thread'],
  ['fds', 'count', 'mean', 'open file descriptors'],
  ['fdLimit', 'count', 'last', 'file descriptors the process may open'],
  ['diskFree', 'bytes', 'last', 'free for this user in the folder of the captures'],
  ['diskTotal', 'bytes', 'last', 'size of the file system of that folder'],
  ['heapUsed', 'bytes', 'mean', 'heap of V8 that is in use'],
  ['heapTotal', 'bytes', 'mean', 'heap of V8 that is reserved'],
  ['heapLimit', 'bytes', 'last', 'what the old generation of the heap may grow to'],
  ['external', 'bytes', 'mean', 'memory outside the heap that objects hold'],
  ['malloced', 'bytes', 'mean', 'memory V8 has from malloc'],
  ['nativeContexts', 'count', 'last', 'contexts (vm, realms)'],
  ['detachedContexts', 'count', 'last', 'contexts that should be gone'],
  ['newSpaceUsed', 'bytes', 'mean', 'new space in use'],
  ['newSpaceSize', 'bytes', 'mean', 'new space reserved'],
  ['oldSpaceUsed', 'bytes', 'mean', 'old space in use'],
  ['oldSpaceSize', 'bytes', 'mean', 'old space reserved'],
  ['codeSpaceUsed', 'bytes', 'mean', 'code spaces in use'],
  ['codeSpaceSize', 'bytes', 'mean', 'code spaces reserved'],
  ['largeObjectSpaceUsed', 'bytes', 'mean', 'large object spaces in use'],
  ['largeObjectSpaceSize', 'bytes', 'mean', 'large object spaces reserved'],
  ['otherSpaceUsed', 'bytes', 'mean', 'all other spaces in use'],
  ['otherSpaceSize', 'bytes', 'mean', 'all other spaces reserved'],
  ['heapFloor', 'bytes', 'last', 'heap in use after the last full collection'],
  ['externalFloor', 'bytes', 'last', 'external memory after the last full collection'],
  ['floorTime', 'time', 'last', 'when the last full collection ended'],
  ['scavenges', 'count', 'sum', 'collections of the young generation since the last reading'],
  ['scavengeTime', 'ms', 'sum', 'their pauses together'],
  ['markSweeps', 'count', 'sum', 'full collections since the last reading'],
  ['markSweepTime', 'ms', 'sum', 'their pauses together'],
  ['otherGcs', 'count', 'sum', 'incremental steps and weak callbacks since the last reading'],
  ['otherGcTime', 'ms', 'sum', 'their pauses together'],
  ['gcPause', 'ms', 'max', 'longest pause since the last reading'],
  ['handles', 'count', 'mean', 'active handles of the event loop'],
  ['tcpHandles', 'count', 'mean', 'TCP sockets and servers'],
  ['udpHandles', 'count', 'mean', 'UDP sockets'],
  ['pipeHandles', 'count', 'mean', 'pipes and terminals'],
  ['processHandles', 'count', 'mean', 'child processes'],
  ['fileWatchHandles', 'count', 'mean', 'watched files'],
  ['otherHandles', 'count', 'mean', 'all other handles'],
];

/** Read in JavaScript. */
const SCRIPTED = [
  ['arrayBuffers', 'bytes', 'mean', 'memory of ArrayBuffers and Buffers'],
  [
    'eventLoopDelay',
    'ms',
    'max',
    'how late the event loop was, 99th percentile since the last reading',
  ],
  ['eventLoopDelayMax', 'ms', 'max', 'the latest it was'],
  ['eventLoopUtilization', 'ratio', 'mean', 'share of the time the event loop was not waiting'],
  ['timers', 'count', 'mean', 'timeouts and intervals; read once a minute'],
  ['requestsInFlight', 'count', 'mean', 'HTTP requests being answered'],
  ['requestRate', 'perSecond', 'mean', 'HTTP requests begun'],
  ['requestLatency', 'ms', 'mean', 'mean time of the answers (of a sample of them)'],
  ['requestLatencyP99', 'ms', 'max', '99th percentile of them'],
];

const toMetric = ([name, unit, keep, text]) => Object.freeze({ name, unit, keep, text });

/** @type {readonly Metric[]} */
const METRICS = Object.freeze(
  [['time', 'time', 'last', 'when it was read'], ...NATIVE, ...SCRIPTED].map(toMetric),
);

/** Numbers in a row. */
const WIDTH = METRICS.length;

/** Position of each in a row, by its name. */
const INDEX = Object.freeze(Object.fromEntries(METRICS.map(({ name }, at) => [name, at])));

/** Position of the first one that the addon fills, and how many these are. */
const NATIVE_RANGE = Object.freeze({ first: 1, count: NATIVE.length });

module.exports = { INDEX, METRICS, NATIVE_RANGE, WIDTH };
