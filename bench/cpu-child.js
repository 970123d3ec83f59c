'use strict';

// One CPU profile by one contender in a process of its own: what start and stop cost in an app of many
// functions, and how much slower a fixed kind of work goes while it runs. Prints one line of JSON.

const path = require('node:path');

const { PROFILERS } = require('./support/contenders.js');
const { wait } = require('./support/measure.js');

const FUNCTIONS = 20_000;

/** Many functions that were all compiled and run: what a large app has. */
function makeApp() {
  const made = [];
  for (let i = 0; i < FUNCTIONS; i++) {
    made.push(new Function('x', `return x * ${i} + Math.sqrt(x + ${i});`));
  }
  for (const one of made) one(1);
  return made;
}

/** One unit of work: calls of many functions, objects, text. */
function work(app) {
  let sum = 0;
  for (let i = 0; i < app.length; i += 10) sum += app[i](i);
  return JSON.parse(JSON.stringify({ sum, list: Array.from({ length: 200 }, (_, i) => ({ i })) }));
}

async function workFor(app, milliseconds) {
  const end = performance.now() + milliseconds;
  let units = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 20; i++, units++) work(app);
    await wait(0);
  }
  return units;
}

function timed(action) {
  const begin = performance.now();
  const value = action();
  return { value, ms: performance.now() - begin };
}

async function main([name, seconds, folder]) {
  const profiler = PROFILERS[name].setUp(folder);
  const app = makeApp();
  await workFor(app, 1500);
  const start = timed(() => profiler.start());
  const units = await workFor(app, Number(seconds) * 1000);
  const stop = timed(() =>
    profiler.stop(path.join(process.env.BENCH_DIR, `${process.pid}.cpuprofile`)),
  );
  await stop.value;
  const unitsPerSecond = units / Number(seconds);
  console.log(
    JSON.stringify({ startMs: start.ms, stopMs: stop.ms, againMs: again.ms, unitsPerSecond }),
  );
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
