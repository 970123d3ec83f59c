'use strict';

/**
 * `stats` as memwatch-next 0.3.0 and memwatch 0.2 have them: means of what full collections leave.
 *
 * @module
 */

/** Collections that the nearer mean looks back on, and the farther one. */
const RECENT = 10;
const ANCIENT = 120;

/** Extremes count from here on: until then a program starts. */
const SETTLED = 3;

const mean = (base, count, value) => Math.trunc((base * (count - 1) + value) / count);

class LegacyStats {
  #count = 0;
  #recent = 0;
  #ancient = 0;
  #min = 0;
  #max = 0;

  /**
   * @param {object} stats of a full collection, in the shape of node-memwatch 3
   * @returns {object}
   */
  note(stats) {
    const base = stats.used_heap_size;
    this.#count++;
    this.#weigh(base);
    if (this.#count >= SETTLED) this.#stretch(base);
    return {
      num_full_gc: stats.gcMarkSweepCompactCount,
      num_inc_gc:
        stats.gcScavengeCount + stats.gcIncrementalMarkingCount + stats.gcProcessWeakCallbacksCount,
      heap_compactions: this.#count,
      usage_trend: this.#trend(),
      estimated_base: this.#recent,
      current_base: base,
      min: this.#min,
      max: this.#max,
    };
  }

  /** At first each collection is the mean: the original damps nothing there, whatever it says. */
  #weigh(base) {
    const settled = this.#count >= RECENT;
    this.#recent = settled ? mean(this.#recent, RECENT, base) : base;
    this.#ancient = settled ? mean(this.#ancient, Math.min(ANCIENT, this.#count), base) : base;
  }

  #stretch(base) {
    if (this.#min === 0 || base < this.#min) this.#min = base;
    if (base > this.#max) this.#max = base;
  }

  #trend() {
    if (this.#ancient === 0) return 0;
    return Math.round(((this.#recent - this.#ancient) / this.#ancient) * 1000) / 10;
  }
}

module.exports = { LegacyStats };
