'use strict';

/** How invented processes die: what `makeBlackbox()` takes for each. */

const { LAST, MB, healthy } = require('./blackbox.js');

/** From 0 to 1 in the last `ms`. */
const ramp = (before, ms) => Math.max(0, 1 - before / ms);

function tailOf(readings, silentMs = 800) {
  return { time: LAST + silentMs, readAt: LAST, heapFloor: 90 * MB, floorTime: LAST, ...readings };
}

/** The container's memory fills in four minutes. */
const outOfMemory = (before) => {
  const rise = 265 * ramp(before, 240_000);
  const base = healthy(before);
  return { ...base, rss: base.rss + rise * MB, memoryUsed: 240 * MB + rise * MB };
};

/** So does the heap; each collection frees less. */
const outOfHeap = (before) => {
  const share = ramp(before, 400_000);
  const heapUsed = (120 + 281 * share) * MB;
  const memory = {
    rss: heapUsed + 60 * MB,
    memoryUsed: heapUsed + 70 * MB,
    memoryLimit: 4096 * MB,
  };
  const gc = {
    gcPause: 4 + 900 * share ** 8,
    heapFloor: heapUsed - 15 * MB,
    eventLoopUtilization: 0.3 + 0.6 * share ** 4,
  };
  return { ...healthy(before), ...memory, ...gc, heapUsed };
};

const DEATHS = Object.freeze({
  memory: {
    seconds: 1500,
    readings: outOfMemory,
    tail: {
      ...tailOf({ rss: 487 * MB, memoryUsed: 507.9 * MB, memoryLimit: 512 * MB, cpu: 1 }, 2000),
    },
    events: [
      [1_500_000, 'watching began: 6 rules'],
      [200_000, 'fired: memory (memoryUsed > 80% of memoryLimit for 30s): 83.1 %'],
      [190_000, 'captured: /var/captures/20251121T030857.000Z-4711-0-0001.heapsnapshot.gz'],
      [20_000, 'skipped: memory: cooldown, until 03:38'],
    ],
  },
  heap: {
    seconds: 1000,
    readings: outOfHeap,
    tail: tailOf({
      rss: 470 * MB,
      memoryUsed: 480 * MB,
      memoryLimit: 4096 * MB,
      heapUsed: 403 * MB,
      heapLimit: 448 * MB,
    }),
    events: [[15_000, 'near heap limit']],
  },
  stuck: {
    seconds: 700,
    readings: healthy,
    tail: tailOf(
      {
        rss: 231 * MB,
        memoryUsed: 250 * MB,
        memoryLimit: 512 * MB,
        cpu: 1.01,
        heapUsed: 110 * MB,
        heapLimit: 448 * MB,
      },
      41_000,
    ),
    events: [[-5200, 'stuck: the event loop has not turned for 5.2 s: backtrack (app.js:12)']],
  },
  unknown: {
    seconds: 700,
    readings: healthy,
    tail: tailOf({ rss: 220 * MB, memoryUsed: 241 * MB, memoryLimit: 512 * MB }),
  },
});

module.exports = { DEATHS, outOfHeap, outOfMemory, tailOf };
