'use strict';

// How much slower a fixed amount of work goes while one CPU profiler runs, in a process of its own:
// phases with and without the profiler take turns, each pair in the other order than the one before,
// and starts and stops lie between the phases. Prints one line of JSON.

const path = require('node:path');

const { makeApp, workFor, workUnits } = require('./support/app.js');
const { PROFILERS } = require('./support/contenders.js');
const { median } = require('./support/median.js');

const WARM_UP_MS = 1500;
const CALIBRATION_MS = 2000;

/** What `units` of work take: seconds on the clock, and of CPU on all threads. */
async function phase(app, units) {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  await workUnits(app, units);
  const wallMs = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1000 };
}

async function withProfiler(profiler, turn, action) {
  profiler.start();
  const figures = await action();
  await profiler.stop(path.join(process.env.BENCH_DIR, `${process.pid}-${turn}.profile`));
  return figures;
}

/** What it costs, in percent of the work without it. */
const percent = (on, off, field) => 100 * (on[field] / off[field] - 1);

async function main([name, interval, seconds, pairs, folder]) {
  const profiler = PROFILERS[name].setUp(folder, Number(interval));
  const app = makeApp();
  await workFor(app, WARM_UP_MS);
  // A profiler's first start makes V8 keep what later starts need: it is no part of what running costs.
  await withProfiler(profiler, 'first', () => workFor(app, 100));
  const perMs = (await workFor(app, CALIBRATION_MS)) / CALIBRATION_MS;
  const units = Math.ceil(perMs * Number(seconds) * 1000);
  const costs = { wall: [], cpu: [] };
  for (let turn = 0; turn < Number(pairs); turn++) {
    const pair = {};
    for (const isOn of turn % 2 ? [true, false] : [false, true]) {
      const work = () => phase(app, units);
      pair[isOn] = isOn ? await withProfiler(profiler, turn, work) : await work();
    }
    costs.wall.push(percent(pair.true, pair.false, 'wallMs'));
    costs.cpu.push(percent(pair.true, pair.false, 'cpuMs'));
  }
  const unitsPerSecond = perMs * 1000;
  const figures = { wallPercent: median(costs.wall), cpuPercent: median(costs.cpu) };
  console.log(JSON.stringify({ ...figures, unitsPerSecond }));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
