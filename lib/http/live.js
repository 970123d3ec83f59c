'use strict';

/**
 * The readings that the route of `profiler()` shows. Where a watcher runs in this thread they are its own; else a
 * sampler of ours reads each second, but only while somebody looks:
 *
 * - a subscriber keeps it running, and so does each question for a minute after: a page that is loaded anew finds
 *   the readings of before;
 * - a scrape of `/metrics` keeps it for two and a half minutes: scraped regularly it goes on, scraped seldom it
 *   costs nothing in between.
 *
 * A watcher that starts takes over at the next second, and one that stops is followed by the sampler while somebody
 * subscribes. Idle there is neither timer nor thread, listener nor handle.
 *
 * @module
 */

const { EventEmitter } = require('node:events');
const { performance } = require('node:perf_hooks');
const { log } = require('../diagnostics.js');
const { currentWatcher } = require('../watch/current.js');
const { INDEX, METRICS } = require('../watch/metrics.js');
const { Counters } = require('./counters.js');
const { toOwnLayout } = require('./layout.js');
const { marksOf } = require('./marks.js');
const { OwnReadings } = require('./own-readings.js');
const { Pace } = require('./pace.js');
const { rounded, seriesOf, valuesOf } = require('./series.js');
const { thresholdsOf } = require('./thresholds.js');

/** How long readings go on when nobody asks any more. */
const LINGER_MS = 60_000;
const SCRAPE_LINGER_MS = 150_000;

/** Of what a single second tells little, a scrape gets the greatest of so long. */
const PEAK_MS = 60_000;

const PEAKS = METRICS.flatMap(({ name, keep }, index) => (keep === 'max' ? [[name, index]] : []));

/** The `watch` event of a client. */
function eventOf({ event, rule, reason, verdict, files, at }) {
  return { event, rule, reason, verdict, files, at: new Date(at).toISOString() };
}

/**
 * Emits
 * - `reading`: `{ time, values }` of the page's metrics, once a second at the most;
 * - `watch`: `{ event, rule, reason, verdict, files, at }`, what the watcher does; `files` are names;
 * - `source`: the watcher has started or stopped: what `/status` says of it has changed.
 */
class Live extends EventEmitter {
  #dir;
  #clock;
  #open;
  #subscribers = 0;
  #keepUntil = -Infinity;
  #isClosed = false;
  /** Our own readings, while they run. */
  #own = null;
  /** The watcher that is followed, while somebody subscribes: `{ watching, unfollow }`. */
  #followed = null;
  #pace;
  #counters = new Counters();
  /** Of the watcher that was there last. */
  #occurrences = [];

  /**
   * @param {object} how
   * @param {string} how.dir folder of the captures: its file system is read
   * @param {() => number} [how.clock] ms, for tests
   * @param {(how: { dir: string, onRow: (row: Float64Array) => void }) => OwnReadings} [how.open] for tests
   */
  constructor({ dir, clock = () => performance.now(), open = (how) => new OwnReadings(how) }) {
    super();
    this.#dir = dir;
    this.#clock = clock;
    this.#open = open;
    this.setMaxListeners(0);
  }

  /**
   * Has the events emitted.
   *
   * @returns {() => void} ends it; harmless when repeated
   */
  subscribe() {
    let isOver = false;
    this.#subscribers++;
    this.#settle();
    return () => {
      if (isOver) return;
      isOver = true;
      this.#subscribers--;
      this.#keep(LINGER_MS);
    };
  }

  /**
   * What was read in the last `windowMs`.
   *
   * @param {number} windowMs see `parseWindow()` of series.js
   * @param {{ all?: boolean }} [how]
   * @returns {object} the answer of `/readings`: that of `seriesOf()`, with `marks`
   */
  history(windowMs, how) {
    const source = this.#source(LINGER_MS);
    const { step, times, rows } = source.rows(windowMs);
    const convert = toOwnLayout(source.metrics);
    const series = seriesOf({ step, times, rows: rows.map(convert) }, how);
    const since = (times.at(-1) ?? Date.now()) - windowMs;
    return { ...series, marks: this.marks().filter(({ time }) => time > since) };
  }

  /** The newest row, in the order of lib/watch/metrics.js. */
  latest() {
    return this.#latestOf(this.#source(LINGER_MS));
  }

  /** What the watcher did last, as marks for charts, oldest first. */
  marks() {
    return marksOf(this.#recent());
  }

  /** @returns {object|null} the watcher's `status()`; null where there is none */
  watcher() {
    return currentWatcher()?.status() ?? null;
  }

  /** Levels at which the watcher's rules look, for charts: see thresholds.js. */
  thresholds() {
    const watching = currentWatcher();
    return watching ? thresholdsOf(watching.status().rules, this.#latestOf(watching)) : [];
  }

  /**
   * What a scrape tells: see prometheus.js.
   *
   * @returns {{ row: Float64Array, peaks: Record<string, number>, counts: Record<string, number>,
   *   watcher: object|null }} `peaks`: the greatest of the last minute; `counts`: sums that only rise
   */
  scrape() {
    const source = this.#source(SCRAPE_LINGER_MS);
    this.#count(source);
    return {
      row: this.#latestOf(source),
      peaks: this.#peaksOf(source),
      counts: this.#counters.counts(),
      watcher: this.watcher(),
    };
  }

  /** Ends everything. Idempotent. */
  close() {
    this.#isClosed = true;
    this.#release();
    this.removeAllListeners();
  }

  #latestOf(source) {
    return toOwnLayout(source.metrics)(source.latest());
  }

  #peaksOf(source) {
    const convert = toOwnLayout(source.metrics);
    const rows = source.rows(PEAK_MS).rows.map(convert);
    const greatest = (index) =>
      rows.reduce(
        (most, row) => (row[index] > most || Number.isNaN(most) ? row[index] : most),
        NaN,
      );
    return Object.fromEntries(PEAKS.map(([name, index]) => [name, greatest(index)]));
  }

  #recent() {
    const watching = currentWatcher();
    if (watching) this.#occurrences = watching.occurrences();
    return this.#occurrences;
  }

  /** Whoever reads; ours for `lingerMs` where nobody does. */
  #source(lingerMs) {
    const watching = currentWatcher();
    if (watching) return watching;
    this.#keep(lingerMs);
    // Closed: one reading, and nothing goes on.
    return this.#own ?? this.#once();
  }

  #once() {
    const own = this.#open({ dir: this.#dir, onRow: () => {} });
    own.stop();
    return own;
  }

  #keep(ms) {
    this.#keepUntil = Math.max(this.#keepUntil, this.#clock() + ms);
    this.#settle();
  }

  /** Follows, reads by itself or rests, as it has to be. */
  #settle() {
    const isWatched = this.#subscribers > 0;
    if (this.#isClosed || !(isWatched || this.#clock() < this.#keepUntil)) return this.#release();
    const watching = currentWatcher();
    if (!watching) return this.#readAlone();
    this.#stopOwn();
    if (isWatched) this.#follow(watching);
    else this.#unfollow();
  }

  #release() {
    this.#unfollow();
    this.#stopOwn();
  }

  #readAlone() {
    this.#unfollow();
    if (this.#own) return;
    this.#pace = new Pace(1);
    this.#own = this.#open({ dir: this.#dir, onRow: (row) => this.#onOwnRow(row) });
  }

  #stopOwn() {
    if (!this.#own) return;
    this.#count(this.#own);
    this.#own.stop();
    this.#own = null;
  }

  #follow(watching) {
    if (this.#followed?.watching === watching) return;
    this.#unfollow();
    this.#pace = new Pace(watching.interval);
    const convert = toOwnLayout(watching.metrics);
    const unfollow = watching.follow({
      row: (row) => this.#onRow(convert(row)),
      occurrence: (occurrence) => this.#tell('watch', eventOf(occurrence)),
      end: () => this.#onEnd(watching),
    });
    this.#followed = { watching, unfollow };
    this.#tell('source');
  }

  #unfollow() {
    this.#followed?.unfollow();
    this.#followed = null;
  }

  /** The watcher has stopped. */
  #onEnd(watching) {
    this.#occurrences = watching.occurrences();
    this.#count(watching);
    this.#followed = null;
    this.#quietly(() => this.#settle());
    this.#tell('source');
  }

  /** Each second of our own: somebody may watch by now, or nobody look any more. */
  #onOwnRow(row) {
    this.#onRow(row);
    this.#quietly(() => this.#settle());
  }

  #onRow(row) {
    if (this.listenerCount('reading') === 0) return;
    const joined = this.#pace.add(row);
    if (!joined) return;
    const time = rounded(joined[INDEX.time], INDEX.time);
    this.#tell('reading', { time, values: valuesOf(joined) });
  }

  #count(source) {
    this.#counters.note(source, toOwnLayout(source.metrics)(source.totals()));
  }

  /** Called by timers: what a listener throws stays here. */
  #tell(event, message) {
    this.#quietly(() => this.emit(event, message));
  }

  #quietly(act) {
    try {
      act();
    } catch (error) {
      log('live: %s', error?.stack ?? error);
    }
  }
}

module.exports = { LINGER_MS, Live, SCRAPE_LINGER_MS };
