'use strict';

/**
 * Readings as a client gets them: one a second at the most, however often a watcher reads. What lies between is
 * joined as a minute joins its seconds.
 *
 * @module
 */

const { METRICS, WIDTH } = require('../watch/metrics.js');
const { Tier } = require('../watch/tier.js');

const PACE_MS = 1000;

/** At the shortest interval there are 20 a second; late ones come together. */
const SLOTS = 64;

class Pace {
  #tier;
  #most;

  /** @param {number} interval seconds between two readings */
  constructor(interval) {
    this.#most = Math.max(1, Math.min(SLOTS, Math.round(PACE_MS / (interval * 1000))));
    this.#tier = new Tier(PACE_MS, this.#most);
  }

  /**
   * @param {Float64Array} row
   * @returns {Float64Array|undefined} what is to be told now
   */
  add(row) {
    if (this.#most === 1) return row;
    const tier = this.#tier;
    const slot = tier.next();
    tier.rows.set(row, slot * WIDTH);
    tier.readings[slot] = 1;
    if (tier.pending < this.#most) return undefined;
    const joined = Float64Array.from(METRICS, (_, index) => tier.joined(index));
    tier.pending = 0;
    return joined;
  }
}

module.exports = { Pace };
