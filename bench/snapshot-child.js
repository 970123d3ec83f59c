'use strict';

// One snapshot by one contender in a process of its own. Prints one line of JSON.

const fs = require('node:fs');

const { SNAPSHOTS } = require('./support/contenders.js');
const { fillHeap } = require('./support/heap.js');
const { LoopWatch, memory, resetPeak, wait } = require('./support/measure.js');

async function main([name, megabytes, file, folder]) {
  const take = SNAPSHOTS[name].setUp(folder);
  const heapUsed = fillHeap(Number(megabytes));
  await wait(200);
  const peakIsReset = resetPeak();
  const rssBefore = memory('VmRSS');
  const watch = new LoopWatch();
  watch.start();
  await wait(20);
  const begin = performance.now();
  const result = await take(file);
  const totalMs = performance.now() - begin;
  await wait(20);
  const figures = {
    pauseMs: watch.stop(),
    toolPauseMs: result.pauseMs,
    totalMs,
    bytes: fs.statSync(result.file).size,
    peakBytes: peakIsReset ? memory('VmHWM') - rssBefore : undefined,
    heapUsed,
  };
  fs.unlinkSync(result.file);
  console.log(JSON.stringify(figures));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
