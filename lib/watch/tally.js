'use strict';

/**
 * What limits let through, what they did not and why, and what was wrong with folder and ledger.
 *
 * @module
 */

const { log } = require('../diagnostics.js');

/** Problems that are remembered. */
const MAX_PROBLEMS = 20;

class Tally {
  #report;
  #counts = { admitted: 0, failed: 0 };
  #skipped = {};
  #last = new Map();
  #problems = [];

  /** @param {(text: string) => void} [report] is told of trouble, once of the same in a row */
  constructor(report = (text) => log('%s', text)) {
    this.#report = report;
  }

  /** @param {'admitted'|'failed'} what */
  count(what) {
    this.#counts[what] += 1;
  }

  skip(rule, { limit, reason, until }, at) {
    this.#skipped[limit] = (this.#skipped[limit] ?? 0) + 1;
    this.#last.set(rule, { limit, reason, until, at });
  }

  problem(text, at) {
    const isNew = this.#problems.at(-1)?.text !== text;
    this.#problems.push({ at, text });
    if (this.#problems.length > MAX_PROBLEMS) this.#problems.shift();
    if (!isNew) return;
    try {
      this.#report(text);
    } catch {
      // A report that fails has nobody to be told.
    }
  }

  stats() {
    return {
      ...this.#counts,
      skipped: { ...this.#skipped },
      last: Object.fromEntries(this.#last),
      problems: [...this.#problems],
    };
  }
}

module.exports = { Tally };
