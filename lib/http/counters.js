'use strict';

/**
 * Sums that only rise, over whoever reads: a watcher that starts or stops meanwhile, readings that pause.
 *
 * @module
 */

const { METRICS } = require('../watch/metrics.js');

const SUMMED = METRICS.flatMap(({ keep }, index) => (keep === 'sum' ? [index] : []));

class Counters {
  #source = null;
  #base = new Map(SUMMED.map((index) => [index, 0]));
  #counts = new Map(this.#base);

  /**
   * Takes in what a source has counted since it began. The first one counts from there on, a later one from when it
   * was first seen: what two have counted must not count twice.
   *
   * @param {object} source to tell it from others
   * @param {Float64Array} totals
   */
  note(source, totals) {
    const isFirst = this.#source === null;
    if (source !== this.#source) this.#change(source, isFirst ? null : totals);
    for (const index of SUMMED) {
      const count = this.#base.get(index) + (totals[index] || 0);
      this.#counts.set(index, Math.max(count, this.#counts.get(index)));
    }
  }

  #change(source, totals) {
    this.#source = source;
    for (const index of SUMMED) {
      this.#base.set(index, this.#counts.get(index) - ((totals?.[index] ?? 0) || 0));
    }
  }

  /** @returns {Record<string, number>} by name of the metric */
  counts() {
    return Object.fromEntries(
      [...this.#counts].map(([index, count]) => [METRICS[index].name, count]),
    );
  }
}

module.exports = { Counters };
