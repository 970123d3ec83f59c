'use strict';

// How well the trend of the leak rule tells leaks from everything else: over made-up services
// (bench/support/service-simulation.js), healthy ones for some weeks with restarts, and leaking ones of 1 to
// 200 MB an hour until they are found or out of heap.
//
//   node bench/leak-trend.js [--services 200] [--seed 1] [--weeks 4]

const { parseArgs } = require('node:util');

const { LeakTrend } = require('../lib/watch/trend.js');
const { MB, drawService, live, lives } = require('./support/service-simulation.js');

/** Longer than the slowest leak takes for half of the largest heap. */
const LONGEST_HOURS = 5000;

/** Whether a series is called a leak, and at which point. */
function detect(points, limit, hide = false) {
  const trend = new LeakTrend();
  for (const point of points) {
    trend.add(hide ? { ...point, loads: [NaN, NaN] } : point);
    if (trend.verdict({ now: point.time, limit }).leaking) return point;
  }
  return null;
}

/** @returns {number} how many of the services were called leaking at any time */
function falseAlarms({ services, seed, weeks, hide, change = (service) => service }) {
  let alarms = 0;
  for (let at = 0; at < services; at++) {
    const service = change(drawService(seed * 100_000 + at));
    for (const life of lives(service, weeks * 168)) {
      if (!detect(life, service.limit, hide)) continue;
      alarms++;
      break;
    }
  }
  return alarms;
}

/** What was found of each leaking service: its rate, and the share of its headroom that was gone. */
function leaks({ services, seed, hide }) {
  return Array.from({ length: services }, (_, at) => {
    const rate = MB * 200 ** ((at + 0.5) / services);
    const service = drawService(seed * 100_000 + 50_000 + at, rate);
    const found = detect(live(service, 0, LONGEST_HOURS), service.limit, hide);
    const headroom = service.limit - service.base - service.cache.size - service.loadMemory;
    return {
      rate,
      gone: found ? found.leaked / headroom : null,
      hours: found && found.leaked / rate,
    };
  });
}

function quantile(values, part) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

const percent = (share) => `${(share * 100).toFixed(0)} %`;

function row(name, found) {
  const gone = found.filter((one) => one.gone !== null);
  const [middle, late] = [0.5, 0.9].map((part) =>
    quantile(
      gone.map((one) => one.gone),
      part,
    ),
  );
  const hours = quantile(
    gone.map((one) => one.hours),
    0.5,
  );
  return [
    name,
    `${gone.length} of ${found.length}`,
    percent(middle),
    percent(late),
    hours.toFixed(1),
  ];
}

function print(rows) {
  for (const cells of rows) console.log(`| ${cells.join(' | ')} |`);
  console.log('');
}

/** A cache that fills at an even pace and then is full: until then nobody can tell it from a leak. */
function withSteadyCache(service) {
  const { random, limit } = service;
  const hours = random.uniform(12, 72);
  const bytesPerHour = (random.uniform(0.2, 0.4) * limit) / hours;
  return { ...service, restartHours: hours, leak: { bytesPerHour, byLoad: false } };
}

function main({ services, seed, weeks }) {
  const begin = performance.now();
  const healthy = { services, seed, weeks };
  console.log(
    `seed ${seed}: ${services} healthy services for ${weeks} weeks, ${services} leaking ones\n`,
  );
  print([
    ['healthy services', 'false alarms'],
    ['---', '--:'],
    ['with load', falseAlarms(healthy)],
    ['load not known', falseAlarms({ ...healthy, hide: true })],
    [
      'a cache that fills evenly for 12 to 72 hours',
      falseAlarms({ ...healthy, change: withSteadyCache }),
    ],
  ]);
  const found = leaks({ services, seed });
  const between = (low, high) => found.filter(({ rate }) => rate >= low * MB && rate < high * MB);
  print([
    ['leak, MB an hour', 'found', 'headroom gone, median', '90th percentile', 'hours, median'],
    ['---', '--:', '--:', '--:', '--:'],
    row('1 to 6', between(1, 6)),
    row('6 to 34', between(6, 34)),
    row('34 to 200', between(34, 201)),
    row('all', found),
    row('all, load not known', leaks({ services, seed, hide: true })),
  ]);
  console.log(`${((performance.now() - begin) / 1000).toFixed(0)} s`);
}

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    weeks: { type: 'string', default: '4' },
  },
});

if (require.main === module) {
  main(Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)])));
}

module.exports = { detect, falseAlarms, leaks };
