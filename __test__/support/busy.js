'use strict';

// Functions with known names and lines that burn CPU or allocate, for the profile tests.

const fs = require('node:fs');
const v8 = require('node:v8');

/** Keeps the CPU busy for `ms` milliseconds. */
function plantedBusy(ms) {
  const end = performance.now() + ms;
  let sum = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 1000; i++) sum += Math.sqrt(i);
  }
  return sum;
}

/** Allocates about `megabytes` of objects and keeps them. */
function plantedAllocator(megabytes) {
  const kept = [];
  for (let i = 0; i < megabytes * 10; i++) kept.push(new Array(13_000).fill(i));
  return kept;
}

/** The 1-based line on which a function of this file is declared. */
function lineOf(name) {
  const lines = fs.readFileSync(__filename, 'utf8').split('\n');
  return lines.findIndex((line) => line.startsWith(`function ${name}(`)) + 1;
}

/** Has V8 only interpret a function from now on. */
function neverOptimize(target) {
  v8.setFlagsFromString('--allow-natives-syntax');
  new Function('target', '%NeverOptimizeFunction(target)')(target);
  v8.setFlagsFromString('--no-allow-natives-syntax');
}

// A loop that runs long is optimised while it runs, and such code from before a profile's start has
// no name in a profile with lazy logging (V8): its time would go to the caller.
v8.setFlagsFromString('--no-sparkplug');
neverOptimize(plantedBusy);

module.exports = { plantedAllocator, plantedBusy, lineOf, neverOptimize, file: __filename };
