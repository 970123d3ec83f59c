'use strict';

/**
 * A ring of rows of fixed size, each with its place on the axis of the history.
 *
 * @module
 */

const { METRICS, WIDTH } = require('./metrics.js');

/** What a minute keeps of its seconds, as numbers: this is read in the inner loop. */
const [MEAN, MAX, SUM, LAST] = [0, 1, 2, 3];
const CODES = Object.freeze({ mean: MEAN, max: MAX, sum: SUM, last: LAST });
const KEEP = Uint8Array.from(METRICS, ({ keep }) => CODES[keep]);

class Tier {
  /** Rows ever added. */
  added = 0;

  /** The newest rows that the next tier does not have yet. */
  pending = 0;

  /**
   * @param {number} step ms that a row stands for
   * @param {number} slots rows that are kept
   */
  constructor(step, slots) {
    this.step = step;
    this.slots = slots;
    this.rows = new Float64Array(slots * WIDTH);
    /** When each was read; never goes back, whatever the clock does. */
    this.at = new Float64Array(slots);
    /** The middle of what each is made of. */
    this.centre = new Float64Array(slots);
    /** Milliseconds before it that each tells of. */
    this.covered = new Float64Array(slots);
    /** Readings that each is made of. */
    this.readings = new Float64Array(slots);
  }

  /** Rows that are there. */
  get size() {
    return Math.min(this.added, this.slots);
  }

  /** The slot of the row that was added `back` rows before the newest. */
  slot(back) {
    return (this.added - 1 - back) % this.slots;
  }

  /** The slot for a new row, whose numbers the caller fills. */
  next() {
    const slot = this.added % this.slots;
    this.added++;
    this.pending++;
    return slot;
  }

  /** Makes one row of the pending ones of `finer`. */
  take(finer) {
    const slot = this.next();
    for (let index = 0; index < WIDTH; index++) {
      this.rows[slot * WIDTH + index] = finer.joined(index);
    }
    let covered = 0;
    let readings = 0;
    let before = 0;
    const end = finer.at[finer.slot(0)];
    for (let back = finer.pending - 1; back >= 0; back--) {
      const from = finer.slot(back);
      covered += finer.covered[from];
      readings += finer.readings[from];
      before += finer.readings[from] * (end - finer.centre[from]);
    }
    this.at[slot] = end;
    this.centre[slot] = end - before / readings;
    this.covered[slot] = covered;
    this.readings[slot] = readings;
    finer.pending = 0;
  }

  /** What the pending rows are together, of one metric: unknown ones do not count. */
  joined(index) {
    const keep = KEEP[index];
    let result = Number.NaN;
    let readings = 0;
    for (let back = this.pending - 1; back >= 0; back--) {
      const slot = this.slot(back);
      const known = this.rows[slot * WIDTH + index];
      if (Number.isNaN(known)) continue;
      const value = keep === MEAN ? known * this.readings[slot] : known;
      if (readings === 0 || keep === LAST) result = value;
      else result = keep === MAX ? Math.max(result, value) : result + value;
      readings += this.readings[slot];
    }
    return keep === MEAN ? result / readings : result;
  }
}

/** Whether a metric adds up: then a row of several readings holds their sum. */
const addsUp = (index) => KEEP[index] === SUM;

/** Whether a row of several readings holds the last of them. */
const keepsLast = (index) => KEEP[index] === LAST;

module.exports = { Tier, addsUp, keepsLast };
