'use strict';

/**
 * What each capture would cost now, before anybody presses a button: by what earlier ones in the folder took,
 * and where there are none by the estimates of lib/forecast.js. What nobody can know is null.
 *
 * @module
 */

const backends = require('../backend.js');
const { toRsprofError } = require('../errors.js');
const { forecast, forkPauseMs, usedHeapBytes } = require('../forecast.js');
const { fromEnvironment } = require('../options.js');
const { unforkable } = require('../snapshot-strategy.js');
const { expectedBytes, whyNotFit } = require('../watch/budget.js');
const { diskSpace } = require('../watch/disk.js');
const { bytesOfRoom } = require('../watch/limit-options.js');
const { kindsHere } = require('./capture-kinds.js');

/** Earlier captures of a kind that are looked at. */
const LOOK_BACK = 20;

function rssNow() {
  try {
    return process.memoryUsage.rss();
  } catch {
    return null;
  }
}

function forkPause() {
  try {
    return forkPauseMs();
  } catch {
    return null;
  }
}

/** The process and the machine as they are. */
function lookAround() {
  const strategy = fromEnvironment('strategy', 'heapSnapshot') ?? 'auto';
  const whyNoFork = unforkable(backends.current()) ?? null;
  return {
    ...forecast(),
    heapBytes: usedHeapBytes(),
    rss: rssNow(),
    forkPauseMs: forkPause(),
    whyNoFork,
    strategy: strategy !== 'inline' && whyNoFork === null ? 'fork' : 'inline',
    refused: strategy === 'fork' ? whyNoFork : null,
    compression: fromEnvironment('compression') ?? 'gzip',
  };
}

/** `then`, had the process been as large as now; null where one of them is not known. */
function scaled(value, then, now) {
  if (value === null || !(then > 0) || !(now > 0)) return null;
  return (value * now) / then;
}

/** Captures of a kind, the newest first. */
const pastOf = (captures, kind) => captures.filter((one) => one.kind === kind).slice(0, LOOK_BACK);

/** As the ledger has them: what lib/watch/budget.js learns from, oldest first. */
function asEntries(past) {
  return [...past].reverse().map(({ kind, fileName, bytes, costs }) => ({
    heapUsed: costs.heapUsed ?? 0,
    files: [{ name: fileName, kind, bytes }],
  }));
}

/** What the newest one of this very process says; another program stops for another time. */
function pauseSeen(past, sizeThen, sizeNow) {
  const own = past.find(({ ofThisProcess, pauseMs }) => ofThisProcess && pauseMs !== null);
  return own ? scaled(own.pauseMs, sizeThen(own), sizeNow) : null;
}

function snapshotForecast(past, now) {
  const { strategy, heapBytes, rss, compression } = now;
  const alike = past.filter((one) => one.strategy === strategy);
  const isFork = strategy === 'fork';
  const heapThen = ({ costs }) => costs.heapUsed;
  const pause = isFork
    ? (pauseSeen(alike, ({ costs }) => costs.rss, rss) ?? now.forkPauseMs)
    : (pauseSeen(alike, heapThen, heapBytes) ?? now.pauseMs);
  const measured = alike.find(({ costs }) => costs.addedBytes !== null);
  const [last] = alike;
  return {
    strategy,
    pauseMs: pause,
    memoryBytes:
      (measured && scaled(measured.costs.addedBytes, heapThen(measured), heapBytes)) ??
      now.memoryBytes,
    fileBytes: expectedBytes('heapSnapshot', { entries: asEntries(past), heapBytes, compression }),
    durationMs: last ? scaled(last.durationMs, heapThen(last), heapBytes) : null,
  };
}

/** A count of classes: by a fork, in no time where V8 counts by itself. */
function histogramForecast(past, now) {
  const [last] = past;
  const seen = pauseSeen(past, ({ costs }) => costs.rss, now.rss);
  return {
    strategy: now.whyNoFork === null ? 'fork' : null,
    pauseMs: now.whyNoFork === null ? (seen ?? now.forkPauseMs) : null,
    memoryBytes: null,
    fileBytes: largestOf(past),
    durationMs: last ? scaled(last.durationMs, last.costs.heapUsed, now.heapBytes) : null,
  };
}

const largestOf = (past) => (past.length > 0 ? Math.max(...past.map(({ bytes }) => bytes)) : null);

/** A profile lasts as long as somebody asks; what it costs otherwise only earlier ones tell. */
function plainForecast(past) {
  const own = past.filter(({ ofThisProcess, pauseMs }) => ofThisProcess && pauseMs !== null);
  return {
    strategy: null,
    pauseMs: own.length > 0 ? Math.max(...own.map(({ pauseMs }) => pauseMs)) : null,
    memoryBytes: null,
    fileBytes: largestOf(past),
    durationMs: null,
  };
}

function reportForecast(past) {
  const own = past.find(({ ofThisProcess }) => ofThisProcess);
  return { ...plainForecast(past), durationMs: own?.durationMs ?? null };
}

const FORECASTS = Object.freeze({
  heapSnapshot: snapshotForecast,
  cpuProfile: plainForecast,
  heapProfile: plainForecast,
  report: reportForecast,
  classHistogram: histogramForecast,
});

/** What the limits would say; what rules and the profiler made themselves can go to make room. */
function whyRefused(kind, { pauseMs, memoryBytes }, { now, room, limits, past }) {
  const { heapBytes, compression } = now;
  const known = { entries: asEntries(past), heapBytes, compression };
  const why = whyNotFit(kind, {
    ...room,
    bytes: expectedBytes(kind, known),
    memoryBytes: memoryBytes ?? Number.NaN,
    availableBytes: Math.min(now.availableBytes, limits.memory ?? Infinity),
    pauseMs: pauseMs ?? Number.NaN,
    pauseLimitMs: limits.pause,
    canSpill: now.strategy === 'fork',
  });
  return why?.reason ?? (kind === 'heapSnapshot' ? now.refused : null);
}

function roomOf({ bytes, removableBytes }, { dir, limits }) {
  const { freeBytes, totalBytes } = diskSpace(dir);
  const quota = bytesOfRoom(limits.quota, totalBytes);
  const minFree = bytesOfRoom(limits.minFreeDisk, totalBytes);
  return {
    usedBytes: bytes - removableBytes,
    quotaBytes: Number.isNaN(quota) ? Infinity : quota,
    freeBytes: freeBytes + removableBytes,
    minFreeBytes: Number.isNaN(minFree) ? 0 : minFree,
  };
}

/** Where no backend works there is nothing to foresee. */
function noForecast(error) {
  const { message } = toRsprofError(error, 'foresee what a capture costs');
  const nothing = { strategy: null, pauseMs: null, memoryBytes: null, fileBytes: null };
  return Object.fromEntries(
    Object.keys(FORECASTS).map((kind) => [
      kind,
      { ...nothing, durationMs: null, refused: message },
    ]),
  );
}

/**
 * @param {object} how
 * @param {import('./captures.js').Captures} how.captures of the folder
 * @param {object} how.limits as `readProfilerLimits()` gives them
 * @returns {Promise<Record<string, { strategy: 'fork'|'inline'|null, pauseMs: number|null, memoryBytes: number|null,
 *   fileBytes: number|null, durationMs: number|null, refused: string|null }>>} by kind: what each would cost now,
 *   and why it would be refused. `durationMs` of a profile is null: it lasts as long as it is asked to
 * @throws {RsprofError} ACCESS, IO: the folder cannot be read
 */
async function forecastAll({ captures, limits }) {
  const overview = await captures.overview();
  let now;
  try {
    now = lookAround();
  } catch (error) {
    return noForecast(error);
  }
  const room = roomOf(overview, { dir: captures.dir, limits });
  const answer = {};
  for (const { kind, reason } of kindsHere()) {
    const past = pastOf(overview.captures, kind);
    const figures = FORECASTS[kind](past, now);
    const refused = reason ?? whyRefused(kind, figures, { now, room, limits, past });
    answer[kind] = { ...figures, refused };
  }
  return answer;
}

module.exports = { forecastAll };
