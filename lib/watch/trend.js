'use strict';

/**
 * Whether a service leaks: does what full collections leave rise, beside what the load explains, steadily, and
 * far enough to matter?
 *
 * Floors are regressed on load and time (lib/watch/trend/fit.js) over the whole series and over its later parts,
 * so that a warm-up at its beginning does not hide what comes after. It is a leak when in one of these windows
 *
 * - the rise is no chance, although one looked again and again (`afterManyLooks`),
 * - each quarter of the window is above the one before: what fills up comes to rest,
 * - it takes a share of the headroom that caches and pools do not take: much within hours, little over days.
 *
 * And it goes on to be one while the window gets longer by a part: what comes to rest does so.
 *
 * @module
 */

const { plural, size } = require('../units.js');
const { afterManyLooks, toStudent } = require('./trend/certainty.js');
const { fit } = require('./trend/fit.js');
const { Points } = require('./trend/points.js');

const HOUR_MS = 3_600_000;

/** With fewer points every line is a good fit. */
const LEAST_POINTS = 8;

/** Where windows begin, as parts of the series. */
const STARTS = Object.freeze([0, 0.25, 0.5, 0.75]);

const CONFIDENCE = 0.999;

/** Of an even rise, from each quarter of a window to the next. */
const LEAST_RISE = 0.5;

/** From the beginning of the process on, when caches warm up, a rise must be evener. */
const LEAST_RISE_AT_FIRST = 0.7;

/** What takes so much is looked at less closely: there is no time left, and nothing healthy does. */
const SEVERE = Object.freeze({ share: 0.6, confidence: 0.99, least: 0.3 });

/** How much of what time and load may share is taken to be the load's: 0 nothing, 1 all. */
const OF_LOAD = 0.2;

/** A leak is sure when its window has become longer by this part. */
const GOES_ON = 0.12;

/** Of what the regression says this much must be seen without it, too. */
const SEEN_PART = 0.8;

/** Share of the headroom that a rise takes, by the hours of its window: between these by the logarithm. */
const SHARES = Object.freeze([
  [6, 0.36],
  [18, 0.33],
  [72, 0.12],
  [240, 0.08],
]);

/** Without the load all of a rise may be the day's: twice as much, and two days at least. */
const LOADLESS_FACTOR = 2;
const LOADLESS_HOURS = 48;

/** A new look when the series has grown by this part. */
const LOOK_PART = 32;

/** Normal deviate of the interval that is told. */
const INTERVAL = 1.96;

/** The share that a window of so many hours needs. */
function neededShare(hours) {
  if (hours <= SHARES[0][0]) return SHARES[0][1];
  for (let at = 1; at < SHARES.length; at++) {
    const [[h0, s0], [h1, s1]] = [SHARES[at - 1], SHARES[at]];
    if (hours <= h1) return s0 + ((s1 - s0) * Math.log(hours / h0)) / Math.log(h1 / h0);
  }
  return SHARES.at(-1)[1];
}

const NOTHING = Object.freeze({
  bytesPerHour: 0,
  lowBytesPerHour: 0,
  highBytesPerHour: 0,
  byLoad: 0,
  confidence: 0,
});

function passes(found, { share, headroom, confidence, least, ofLoad = 0 }) {
  const needed = share * headroom;
  return (
    found.confidence >= confidence &&
    found.least >= least &&
    // While the load rises as steadily as the time a part of the rise is the load's.
    found.growth * found.apart ** ofLoad >= needed &&
    // From the middle of the first quarter to that of the last: three quarters of an even rise.
    found.rise >= 0.75 * needed * SEEN_PART
  );
}

/** 5 400 000 -> `1.5 hours`. */
function span(ms) {
  const hours = ms / HOUR_MS;
  if (hours < 2) return plural(Math.round(hours * 60), 'minute');
  return hours < 48 ? plural(Math.round(hours), 'hour') : plural(Math.round(hours / 24), 'day');
}

class LeakTrend {
  #points = new Points();
  #seen = 0;
  /** Since when there has been a leak at every look; NaN: there is none. */
  #since = NaN;
  #found = null;
  #headroom = NaN;

  /**
   * Takes in what a full collection has left. Allocates nothing.
   *
   * @param {object} reading
   * @param {number} reading.time ms since the epoch
   * @param {number} reading.floor bytes; what is not a number is left out
   * @param {[number, number]} reading.loads such as connections and requests a second; NaN where not known
   */
  add({ time, floor, loads }) {
    if (!Number.isFinite(time) || !Number.isFinite(floor)) return;
    this.#points.add(time, floor, loads[0], loads[1]);
  }

  /** Forgets everything. */
  reset() {
    this.#points.reset();
    this.#seen = 0;
    this.#since = NaN;
    this.#found = null;
  }

  /**
   * @param {object} at
   * @param {number} at.now ms since the epoch
   * @param {number} at.limit bytes the floor may rise to
   * @returns {object} see `LeakVerdict` in index.d.ts
   */
  verdict({ limit }) {
    const points = this.#points;
    const isNew = points.begun - this.#seen >= Math.max(1, points.length / LOOK_PART);
    if (isNew && points.length >= LEAST_POINTS) this.#look(limit);
    return this.#tell(limit);
  }

  #look(limit) {
    this.#seen = this.#points.begun;
    const windows = STARTS.map((start) => this.#window(start, limit)).filter(Boolean);
    const leak = windows.find(({ isLeak }) => isLeak);
    if (!leak) this.#since = NaN;
    else if (Number.isNaN(this.#since)) this.#since = this.#points.last;
    this.#found = leak ?? windows[0] ?? null;
  }

  #window(start, limit) {
    const points = this.#points;
    const from = Math.floor(points.length * start);
    if (points.length - from < LEAST_POINTS) return null;
    const hasLoads = this.#hasLoads(from);
    const found = fit(points, from, hasLoads);
    if (!found) return null;
    const confidence = afterManyLooks(found.normal, found.rows);
    const window = { ...found, confidence, isFirst: from === 0 };
    return { ...window, isLeak: this.#isLeak(window, hasLoads, limit) };
  }

  /** Nine of ten points must have them. */
  #hasLoads(from) {
    const { loaded, counts, length } = this.#points;
    let known = 0;
    for (let at = from; at < length; at++) known += loaded[at] / counts[at];
    return known >= 0.9 * (length - from);
  }

  #isLeak(found, hasLoads, limit) {
    const hours = found.spanMs / HOUR_MS;
    if (!hasLoads && hours < LOADLESS_HOURS) return false;
    const share = neededShare(hours) * (hasLoads ? 1 : LOADLESS_FACTOR);
    this.#headroom = limit - this.#lowest();
    const headroom = this.#headroom;
    const least = found.isFirst ? LEAST_RISE_AT_FIRST : LEAST_RISE;
    return (
      passes(found, { share, headroom, confidence: CONFIDENCE, least, ofLoad: OF_LOAD }) ||
      passes(found, { ...SEVERE, headroom })
    );
  }

  /** The lowest floor: from there on is the headroom. */
  #lowest() {
    const { floors, length } = this.#points;
    let lowest = Infinity;
    for (let at = 0; at < length; at++) lowest = Math.min(lowest, floors[at]);
    return lowest;
  }

  #tell(limit) {
    const points = this.#points;
    const spanMs = points.length > 0 ? points.times[points.length - 1] - points.times[0] : 0;
    const figures = this.#figures();
    const leaking = this.#isSure();
    const left = limit - (points.length > 0 ? points.floors[points.length - 1] : 0);
    const rises = figures.bytesPerHour > 0 && left > 0;
    const msToLimit = rises ? (left / figures.bytesPerHour) * HOUR_MS : Infinity;
    const verdict = { leaking, ...figures, msToLimit, points: points.added, spanMs };
    return { ...verdict, text: textOf(verdict, limit) };
  }

  #isSure() {
    if (!this.#found?.isLeak) return false;
    const { growth, spanMs } = this.#found;
    if (growth >= SEVERE.share * this.#headroom) return true;
    return this.#points.last - this.#since >= GOES_ON * spanMs;
  }

  #figures() {
    if (!this.#found) return NOTHING;
    const { growth, error, freedom, spanMs, byLoad, confidence } = this.#found;
    const hours = spanMs / HOUR_MS;
    const around = (toStudent(INTERVAL, freedom) * error) / hours;
    const bytesPerHour = growth / hours;
    return {
      bytesPerHour,
      lowBytesPerHour: bytesPerHour - around,
      highBytesPerHour: bytesPerHour + around,
      byLoad,
      confidence,
    };
  }
}

function textOf({ leaking, bytesPerHour, lowBytesPerHour, highBytesPerHour, ...rest }, limit) {
  const { confidence, msToLimit, points, spanMs } = rest;
  if (points < LEAST_POINTS) return `too little is known yet: ${points} full collections`;
  const rate = `${size(bytesPerHour)} an hour`;
  if (!leaking) return `no leak is seen in ${points} full collections over ${span(spanMs)}`;
  const range = `${size(Math.max(0, lowBytesPerHour))} to ${size(highBytesPerHour)}`;
  const sure = `${Math.min(99.99, Math.floor(confidence * 1e4) / 100)} % sure`;
  return (
    `what full collections leave grows by ${rate} (${range}; ${sure}), beside what the load explains; ` +
    `the limit of ${size(limit)} is reached in ${span(msToLimit)}`
  );
}

module.exports = { LeakTrend, neededShare };
