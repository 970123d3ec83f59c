'use strict';

// One profile file, read by one contender in a process of its own; the disk does not count, for the
// file was read once before. Prints one line of JSON.

const fs = require('node:fs');

const { READERS } = require('./support/contenders.js');
const { memory, resetPeak } = require('./support/measure.js');

/** @returns {Promise<object>} what was found, or why it was not */
async function outcomeOf(read, file) {
  try {
    return { found: await read(file) };
  } catch (error) {
    return { failed: error.message };
  }
}

async function main([name, file]) {
  const read = READERS[name].setUp();
  fs.readFileSync(file);
  global.gc();
  const before = memory('VmRSS');
  const peakIsReset = resetPeak();
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const outcome = await outcomeOf(read, file);
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const peakBytes = peakIsReset ? memory('VmHWM') - before : undefined;
  console.log(
    JSON.stringify({ ...outcome, seconds, cpuSeconds: (user + system) / 1e6, peakBytes }),
  );
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
