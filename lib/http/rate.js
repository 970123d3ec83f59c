'use strict';

/**
 * How often something may happen: a bucket that fills steadily. Two numbers each, no timer.
 *
 * @module
 */

/** Peers that are remembered: who comes back after so many others begins anew. */
const MOST_KEYS = 1000;

/** At most `most` in a window of `perMs`; what was used comes back evenly. */
class Rate {
  #most;
  #msEach;
  #clock;
  #left;
  #at;

  /**
   * @param {number} most
   * @param {number} perMs
   * @param {() => number} [clock] milliseconds that never go back
   */
  constructor(most, perMs, clock = () => performance.now()) {
    this.#most = most;
    this.#msEach = perMs / most;
    this.#clock = clock;
    this.#left = most;
    this.#at = clock();
  }

  /** @returns {number} seconds until the next one may happen; 0: now */
  get wait() {
    this.#refill();
    return this.#left >= 1 ? 0 : Math.ceil(((1 - this.#left) * this.#msEach) / 1000);
  }

  /** @returns {boolean} whether it may happen; if so it is counted */
  take() {
    if (this.wait > 0) return false;
    this.#left -= 1;
    return true;
  }

  /** Takes back the last one: it did not happen. */
  giveBack() {
    this.#left = Math.min(this.#most, this.#left + 1);
  }

  #refill() {
    const now = this.#clock();
    this.#left = Math.min(this.#most, this.#left + (now - this.#at) / this.#msEach);
    this.#at = now;
  }
}

/** A {@link Rate} for each key, for a bounded number of keys. */
class Rates {
  #make;
  #rates = new Map();

  /** @param {() => Rate} make */
  constructor(make) {
    this.#make = make;
  }

  get size() {
    return this.#rates.size;
  }

  /** @param {string} key */
  of(key) {
    const rate = this.#rates.get(key) ?? this.#make();
    // The least recently used one is first, and goes first.
    this.#rates.delete(key);
    this.#rates.set(key, rate);
    if (this.#rates.size > MOST_KEYS) this.#rates.delete(this.#rates.keys().next().value);
    return rate;
  }
}

module.exports = { MOST_KEYS, Rate, Rates };
