'use strict';

// What the starts and stops of one CPU profiler cost in a process of its own, in an app of many functions
// and a heap of a given size: V8 walks the heap to log code. Prints one line of JSON.

const path = require('node:path');

const { makeApp, workFor } = require('./support/app.js');
const { PROFILERS } = require('./support/contenders.js');
const { fillHeap } = require('./support/heap.js');
const { timed } = require('./support/measure.js');
const { median } = require('./support/median.js');

const STARTS = 7;

async function main([name, megabytes, folder]) {
  const profiler = PROFILERS[name].setUp(folder, 1000);
  const app = makeApp();
  const heapUsed = fillHeap(Number(megabytes));
  await workFor(app, 500);
  const times = { start: [], stop: [] };
  for (let turn = 0; turn < STARTS; turn++) {
    times.start.push(timed(() => profiler.start()).ms);
    await workFor(app, 300);
    const file = path.join(process.env.BENCH_DIR, `${process.pid}-${turn}.profile`);
    const stop = timed(() => profiler.stop(file));
    times.stop.push(stop.ms);
    await stop.value;
  }
  const [startMs, ...later] = times.start;
  const figures = { startMs, againMs: median(later), longestAgainMs: Math.max(...later) };
  console.log(JSON.stringify({ ...figures, stopMs: median(times.stop), heapUsed }));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
