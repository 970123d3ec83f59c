'use strict';

const path = require('node:path');

const { root } = require('./env.js');

const file = (...names) => JSON.stringify(path.join(root, ...names));

/**
 * Script text that puts `addon`, the table of metrics, and at hand:
 * - `start(options)`: a `Readings` that reads the kernel every 5 ms;
 * - `read(readings)`: a reading by name;
 * - `settled(readings)`: the same after all that is counted seldom was counted anew;
 * - `threads(count)`: waits until that many threads of rsprof are there (the kernel is late with names and ends);
 * - `until(readings, isRight)`: the first reading that is right (a test's own time-out ends the wait).
 */
const READINGS = `
  const addon = require(${file('native')});
  const { INDEX, METRICS, NATIVE_RANGE, WIDTH } = require(${file('lib', 'watch', 'metrics.js')});
  const { ownThreads } = require(${file('__test__', 'support', 'threads.js')});
  const fs = require('node:fs');
  const v8 = require('node:v8');
  const row = new Float64Array(WIDTH);
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const start = (options) => new addon.Readings({ intervalMs: 5, dir: process.cwd(), ...options });
  const { first, count } = NATIVE_RANGE;
  const read = (readings) => {
    readings.read(row, first);
    return Object.fromEntries(METRICS.slice(first, first + count).map(({ name }) => [name, row[INDEX[name]]]));
  };
  const settled = (readings) => {
    for (let i = 0; i < 10; i++) read(readings);
    return read(readings);
  };
  const until = async (readings, isRight) => {
    for (;;) {
      const reading = settled(readings);
      if (isRight(reading)) return reading;
      await wait(5);
    }
  };
  const threads = async (count) => {
    while (ownThreads().length !== count) await wait(5);
    return ownThreads();
  };
  const print = (value) => console.log(JSON.stringify(value));
`;

/** Numbers of a mirror's tail, by name. */
const TAIL = [
  'time',
  'rss',
  'memoryUsed',
  'memoryLimit',
  'cpu',
  'readAt',
  'heapUsed',
  'heapLimit',
  'heapFloor',
  'floorTime',
  'lastPause',
];

/** The tail in a mirror's bytes. */
function tailOf(bytes, offset) {
  const number = (at) => bytes.readDoubleLE(offset + at * 8);
  return Object.fromEntries(TAIL.map((name, at) => [name, number(at)]));
}

module.exports = { READINGS, TAIL, tailOf };
