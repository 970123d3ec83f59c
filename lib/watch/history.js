'use strict';

/**
 * What was read in the last minutes, second by second, and in the last day, minute by minute: in arrays of
 * fixed size. Nothing here allocates once it is made.
 *
 * Windows reach back from the newest reading along an axis that never goes back. The clock of the readings
 * may: set back, it counts as one step; set forward, or the machine asleep, it is a gap.
 *
 * @module
 */

const { INDEX, METRICS, WIDTH } = require('./metrics.js');
const { Tier, addsUp, keepsLast } = require('./tier.js');

/** Ten minutes by the second, a day by the minute. */
const TIERS = Object.freeze([
  Object.freeze({ step: 1000, slots: 600 }),
  Object.freeze({ step: 60_000, slots: 1440 }),
]);

/**
 * A row tells of the time since the one before it, but of so many steps at the most: a busy event loop is
 * late, a suspended machine is away.
 */
const MOST_STEPS = 10;

/** The metrics that add up. */
const SUMMED = Int32Array.from([...METRICS.keys()].filter(addsUp));

/**
 * Where a walk over a window leaves what it found. Between functions only whole numbers are handed over: V8
 * would make objects of the others now and then.
 */
const [NOW, READINGS, TOTAL, LEAST, GREATEST, PLACE, TOGETHER, ALONE] = [0, 1, 2, 3, 4, 5, 6, 7];

function checkTiers(tiers) {
  tiers.forEach(({ step, slots }, at) => {
    if (!(step > 0) || !Number.isInteger(slots) || slots < 1) {
      throw new RangeError(`tiers[${at}] needs a step above 0 and at least one slot`);
    }
    const finer = tiers[at - 1];
    if (finer && !(step > finer.step && finer.step * finer.slots >= step)) {
      throw new RangeError(`tiers[${at}].step must be within what tiers[${at - 1}] holds`);
    }
  });
}

class History {
  #tiers;
  #found = new Float64Array(8);

  /** The newest row; NaN before there is one. To be read only. */
  latest = new Float64Array(WIDTH).fill(Number.NaN);

  /** Sums since the first row, of what adds up; NaN for all else. To be read only. */
  totals = Float64Array.from(METRICS, (_, index) => (addsUp(index) ? 0 : Number.NaN));

  /** @param {{ tiers?: readonly { step: number, slots: number }[] }} [how] finest first, steps in ms */
  constructor({ tiers = TIERS } = {}) {
    checkTiers(tiers);
    this.#tiers = tiers.map(({ step, slots }) => new Tier(step, slots));
    /** Steps and slots, as they were given. */
    this.tiers = tiers;
  }

  /**
   * Adds a reading; the numbers are copied.
   *
   * @param {Float64Array} row `WIDTH` numbers, NaN for what is not known
   */
  add(row) {
    const [finest] = this.#tiers;
    const at = this.#place(row[INDEX.time]);
    this.#finish(at);
    const covered = finest.added === 0 ? 0 : at - finest.at[finest.slot(0)];
    const slot = finest.next();
    finest.rows.set(row, slot * WIDTH);
    finest.at[slot] = at;
    finest.centre[slot] = at;
    finest.covered[slot] = Math.min(covered, MOST_STEPS * finest.step);
    finest.readings[slot] = 1;
    this.latest.set(row);
    this.#sumUp(row);
  }

  /** What is not known adds nothing. */
  #sumUp(row) {
    for (let at = 0; at < SUMMED.length; at++) {
      const index = SUMMED[at];
      if (row[index] > 0) this.totals[index] += row[index];
    }
  }

  /** Where on the axis a reading of this time is. */
  #place(time) {
    const [finest] = this.#tiers;
    const isTime = time > -Infinity && time < Infinity;
    if (finest.added === 0) return isTime ? time : 0;
    const before = finest.at[finest.slot(0)];
    const passed = isTime ? time - this.latest[INDEX.time] : Number.NaN;
    // Also after an unknown time.
    return before + (passed >= 0 && passed < Infinity ? passed : finest.step);
  }

  /** Makes rows of the coarser tiers of what is over when a reading comes at `at`. */
  #finish(at) {
    for (let coarser = 1; coarser < this.#tiers.length; coarser++) {
      const tier = this.#tiers[coarser];
      const finer = this.#tiers[coarser - 1];
      if (finer.pending === 0) return;
      const newest = finer.at[finer.slot(0)];
      const isOver = Math.floor(at / tier.step) > Math.floor(newest / tier.step);
      if (isOver || finer.pending >= finer.slots) tier.take(finer);
    }
  }

  /** The newest value of the metric at `index` of a row. */
  value(index) {
    return this.latest[index];
  }

  /** Mean of a reading in the last `windowMs`; NaN where nothing is known. */
  mean(index, windowMs) {
    const found = this.#walk(index, windowMs);
    return found[TOTAL] / found[READINGS];
  }

  /** The least: of a window that the seconds do not reach, of the minutes' means (or what they keep). */
  min(index, windowMs) {
    return this.#walk(index, windowMs)[LEAST];
  }

  /** The greatest: of a window that the seconds do not reach, of what the minutes keep. */
  max(index, windowMs) {
    return this.#walk(index, windowMs)[GREATEST];
  }

  /** Sum over the readings. */
  sum(index, windowMs) {
    const found = this.#walk(index, windowMs);
    return found[READINGS] > 0 ? found[TOTAL] : Number.NaN;
  }

  /**
   * The slope of the straight line through a window, by least squares.
   *
   * @returns {number} units per ms; NaN with less than two different times
   */
  slope(index, windowMs) {
    const found = this.#walk(index, windowMs);
    this.#visit(index, windowMs, lean);
    return found[ALONE] > 0 ? found[TOGETHER] / found[ALONE] : Number.NaN;
  }

  /** How much of the last `windowMs` there are readings of, in ms. */
  coverage(windowMs) {
    const start = this.#now() - windowMs;
    const top = this.#reaching(windowMs);
    const found = this.#found.fill(0);
    for (let at = top; at >= 0; at--) {
      const tier = this.#tiers[at];
      for (let back = 0; back < this.#rowsOf(tier, at === top); back++) {
        const slot = tier.slot(back);
        if (tier.at[slot] <= start) break;
        found[TOTAL] += Math.min(tier.covered[slot], tier.at[slot] - start);
      }
    }
    return found[TOTAL];
  }

  /** Rows that the tier `at` ever had. */
  added(at) {
    return this.#tiers[at].added;
  }

  /** Copies the newest row of the tier `at`, which has one, into `target` from `offset` on. */
  copyNewest(at, target, offset) {
    const tier = this.#tiers[at];
    const first = tier.slot(0) * WIDTH;
    for (let index = 0; index < WIDTH; index++) target[offset + index] = tier.rows[first + index];
  }

  /**
   * Copies of the rows of the last `windowMs`, oldest first, for who shows them: those of the finest tier that
   * reaches so far back, and one row of what that tier does not have yet of each finer one. This allocates.
   *
   * @param {number} windowMs
   * @returns {{ step: number, times: Float64Array, rows: Float64Array[] }} `times`: ms since the epoch by the
   *   newest reading's clock; they never go back, whatever the clock did
   */
  rows(windowMs) {
    const start = this.#now() - windowMs;
    const top = this.#reaching(windowMs);
    const answering = this.#tiers[top];
    const places = [];
    const rows = [];
    for (let back = answering.size - 1; back >= 0; back--) {
      const slot = answering.slot(back);
      if (!(answering.at[slot] > start)) continue;
      places.push(answering.at[slot]);
      rows.push(answering.rows.slice(slot * WIDTH, (slot + 1) * WIDTH));
    }
    for (let at = top - 1; at >= 0; at--) {
      const finer = this.#tiers[at];
      if (finer.pending === 0) continue;
      places.push(finer.at[finer.slot(0)]);
      rows.push(Float64Array.from(METRICS, (_, index) => finer.joined(index)));
    }
    const { time } = INDEX;
    const shift = this.latest[time] - this.#now();
    return { step: answering.step, times: Float64Array.from(places, (at) => at + shift), rows };
  }

  #now() {
    const [finest] = this.#tiers;
    return finest.added === 0 ? 0 : finest.at[finest.slot(0)];
  }

  /** The finest tier that reaches so far back, else the last one. */
  #reaching(windowMs) {
    for (let at = 0; at < this.#tiers.length; at++) {
      const { step, slots } = this.#tiers[at];
      if (step * slots >= windowMs) return at;
    }
    return this.#tiers.length - 1;
  }

  /** Of the tier that answers all rows count, of the finer ones those that it does not have yet. */
  #rowsOf(tier, isAnswering) {
    return isAnswering ? tier.size : tier.pending;
  }

  /** Walks over the known values of a window, each weighed by its readings. */
  #walk(index, windowMs) {
    const found = this.#found;
    found.fill(0);
    found[LEAST] = found[GREATEST] = Number.NaN;
    found[NOW] = this.#now();
    this.#visit(index, windowMs, tally);
    return found;
  }

  /** Shows `take` each row of the window that ends at what `#walk` has noted as now. */
  #visit(index, windowMs, take) {
    const found = this.#found;
    const start = found[NOW] - windowMs;
    const top = this.#reaching(windowMs);
    for (let at = top; at >= 0; at--) {
      const tier = this.#tiers[at];
      for (let back = 0; back < this.#rowsOf(tier, at === top); back++) {
        const slot = tier.slot(back);
        if (tier.at[slot] <= start) break;
        take(found, tier, slot, index);
      }
    }
  }
}

/** The value of one reading: what adds up is divided among the readings of a row. */
function perReading(tier, slot, index) {
  const value = tier.rows[slot * WIDTH + index];
  return addsUp(index) ? value / tier.readings[slot] : value;
}

/** Where on the axis that value is. */
function place(tier, slot, index) {
  return keepsLast(index) ? tier.at[slot] : tier.centre[slot];
}

function tally(found, tier, slot, index) {
  const value = perReading(tier, slot, index);
  if (Number.isNaN(value)) return;
  const readings = tier.readings[slot];
  found[READINGS] += readings;
  found[TOTAL] += readings * value;
  found[PLACE] += readings * (place(tier, slot, index) - found[NOW]);
  if (!(found[LEAST] <= value)) found[LEAST] = value;
  if (!(found[GREATEST] >= value)) found[GREATEST] = value;
}

/** How value and place vary together, and the place alone: about the means that a first walk has found. */
function lean(found, tier, slot, index) {
  const value = perReading(tier, slot, index);
  if (Number.isNaN(value)) return;
  const readings = tier.readings[slot];
  const aside = place(tier, slot, index) - found[NOW] - found[PLACE] / found[READINGS];
  found[TOGETHER] += readings * aside * (value - found[TOTAL] / found[READINGS]);
  found[ALONE] += readings * aside * aside;
}

module.exports = { History, TIERS };
