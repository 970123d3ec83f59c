'use strict';

/**
 * What is in each chart, and what it must stay below.
 *
 * @module
 */

const { amount } = require('./profiler-format.js');
const { texts } = require('./profiler-texts.js');

/** `[name, unit, metrics, limits, more metrics whose thresholds belong here]`; a stack begins below. */
const CHARTS = [
  [
    'heap',
    'bytes',
    ['oldSpaceUsed', 'largeObjectSpaceUsed', 'codeSpaceUsed', 'otherSpaceUsed', 'newSpaceUsed'],
    ['heapLimit'],
    ['heapUsed', 'heapTotal'],
  ],
  ['memory', 'bytes', ['rss', 'external', 'arrayBuffers'], ['memoryLimit'], ['memoryUsed']],
  ['loop', 'ms', ['eventLoopDelay', 'eventLoopDelayMax']],
  ['cpu', 'ratio', ['cpu', 'threadCpu', 'eventLoopUtilization']],
  ['gc', 'ms', ['gcPause']],
  ['handles', 'count', ['handles', 'tcpHandles', 'timers', 'fds']],
  ['requests', 'count', ['requestRate', 'requestsInFlight']],
  ['latency', 'ms', ['requestLatencyP99', 'requestLatency']],
].map(([name, unit, metrics, limits = [], also = []]) => ({
  name,
  unit,
  isStacked: name === 'heap',
  series: metrics.map((metric, colour) => ({ metric, colour })),
  limits,
  guarded: [...metrics, ...also],
}));

/** The ceilings of a chart: what a rule waits for, what cannot be passed. */
function levelsOf({ unit, limits, guarded }, readings, thresholds = []) {
  const rules = thresholds
    .filter(({ metric, value }) => guarded.includes(metric) && Number.isFinite(value))
    .map(({ operator, value, rule }) => {
      return { value, isAlarm: true, label: `${rule} ${operator} ${amount(unit, value)}` };
    });
  const ceilings = limits
    .map((metric) => readings.last(metric))
    .filter((value) => value > 0)
    .map((value) => ({ value, label: texts('limit', { value: amount(unit, value) }) }));
  return [...rules, ...ceilings];
}

module.exports = { CHARTS, levelsOf };
