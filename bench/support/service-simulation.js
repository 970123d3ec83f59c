'use strict';

/**
 * Made-up services, as far as the trend of a leak is concerned: what each full collection leaves, and the load
 * as it is measured. Everything follows from a seed.
 *
 * The heap holds a base, a cache that warms up (an exponential: the hit rate rises, misses get fewer), what
 * connections and requests hold (following the load a little later), jobs that take memory for a while, and
 * noise that follows itself and has heavy tails. Load has a daily and a weekly wave and bursts. V8 collects the more
 * often the more is allocated. Healthy services are restarted now and then: a new series.
 *
 * @module
 */

const { makeRandom } = require('./random.js');

const MB = 2 ** 20;
const HOUR = 3_600_000;
const LIMITS = [256, 512, 1024, 2048, 4096].map((size) => size * MB);

/** A burst adds so much of the load at most; the peaks take so much of the limit at most. */
const MOST_BURST = 2;
const MOST_PEAK = 0.75;

/** A service as it is drawn: sizes are parts of its limit. */
function drawService(seed, leakBytesPerHour = 0) {
  const random = makeRandom(seed);
  const limit = random.pick(LIMITS);
  return withRoom({
    random,
    limit,
    base: random.uniform(0.1, 0.3) * limit,
    cache: { size: random.uniform(0, 0.2) * limit, hours: random.logUniform(0.1, 4) },
    connections: random.logUniform(20, 5000),
    wave: random.uniform(0.2, 0.8),
    weekend: random.uniform(0, 0.5),
    phase: random.uniform(0, 24),
    loadMemory: random.uniform(0.01, 0.2) * limit,
    lagHours: random.logUniform(0.02, 0.5),
    bursts: random.uniform(0, 4) / 24,
    jobs: { perHour: random.uniform(0, 3) / 24, size: random.uniform(0.01, 0.06) * limit },
    noise: { size: random.uniform(0.003, 0.015) * limit, hours: random.logUniform(0.05, 1) },
    gcHours: random.logUniform(1 / 60, 0.5),
    restartHours: random.logUniform(12, 240),
    leak: { bytesPerHour: leakBytesPerHour, byLoad: random.chance(0.5) },
  });
}

/** Nobody runs a service whose usual peaks do not fit: everything is made smaller until they do. */
function withRoom(service) {
  const { limit, base, cache, loadMemory, jobs, noise } = service;
  const peak = base + cache.size + loadMemory * (1 + service.wave) * (1 + MOST_BURST) + jobs.size;
  const part = Math.min(1, (MOST_PEAK * limit) / (peak + 4 * noise.size));
  return {
    ...service,
    base: base * part,
    cache: { ...cache, size: cache.size * part },
    loadMemory: loadMemory * part,
    jobs: { ...jobs, size: jobs.size * part },
  };
}

/** Load as a part of its usual height, 0 at night at the least. */
function wave({ wave: height, weekend, phase }, hours) {
  const day = 1 + height * Math.sin((2 * Math.PI * (hours + phase)) / 24);
  return Math.floor((hours + phase) / 24) % 7 >= 5 ? day * (1 - weekend) : day;
}

/** What comes and goes by chance: bursts of load and jobs, each with an end. */
class Spell {
  #until = -1;
  size = 0;

  at(hours, { random, rate, step, draw, length }) {
    if (hours >= this.#until) this.size = 0;
    if (this.size === 0 && random.chance(Math.min(1, rate * step))) {
      this.size = draw();
      this.#until = hours + length();
    }
    return this.size;
  }
}

/** One life of a process: the points of its full collections, until `hours` or the limit. */
function* live(service, begin, hours) {
  const { random, limit, leak } = service;
  const [burst, job] = [new Spell(), new Spell()];
  let [lagged, noise, leaked, at, floor] = [wave(service, begin), 0, 0, 0, service.base];
  while (at < hours) {
    // Near the limit V8 collects all the time.
    const room = Math.min(1, Math.max(0.05, (2 * (limit - floor)) / limit));
    const step = service.gcHours * (0.2 + random.exponential()) * room;
    at += step;
    const now = begin + at;
    const extra = burst.at(now, {
      random,
      rate: service.bursts,
      step,
      draw: () => random.uniform(0.3, MOST_BURST),
      length: () => random.logUniform(0.1, 1.5),
    });
    const load = wave(service, now) * (1 + extra);
    lagged += (1 - Math.exp(-step / service.lagHours)) * (load - lagged);
    const decay = Math.exp(-step / service.noise.hours);
    noise = noise * decay + Math.sqrt(1 - decay ** 2) * service.noise.size * random.normal();
    const taken = job.at(now, {
      random,
      rate: service.jobs.perHour,
      step,
      draw: () => service.jobs.size * random.uniform(0.3, 1),
      length: () => random.logUniform(0.1, 1),
    });
    leaked += leak.bytesPerHour * step * (leak.byLoad ? wave(service, now) : 1);
    const spike = random.chance(0.02) ? service.noise.size * random.pareto(2) : 0;
    const cache = service.cache.size * (1 - Math.exp(-at / service.cache.hours));
    floor =
      service.base + cache + service.loadMemory * lagged + taken + Math.abs(spike) + noise + leaked;
    const measured = load * service.connections;
    yield {
      time: now * HOUR,
      floor,
      loads: [measured * random.uniform(0.95, 1.05), measured * random.uniform(1.8, 2.2)],
      leaked,
    };
    if (floor >= limit) return;
  }
}

/** The lives of a healthy service over so many hours. */
function* lives(service, hours) {
  for (let begin = 0; begin < hours; ) {
    const length = service.restartHours * service.random.uniform(0.3, 2);
    yield live(service, begin, Math.min(length, hours - begin));
    begin += length;
  }
}

module.exports = { HOUR, MB, drawService, live, lives };
