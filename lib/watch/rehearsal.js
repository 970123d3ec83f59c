'use strict';

/**
 * The limits of time alone, in memory: what a dry run over a recorded history can know.
 *
 * @module
 */

/** Firings of one rule or of all, as far back as its window. */
class Window {
  #count;
  #perMs;
  #times = [];

  constructor({ count, per }) {
    this.#count = count;
    this.#perMs = per;
  }

  /** When the next one is allowed. */
  freeAt(now) {
    this.#times = this.#times.filter((time) => now - time < this.#perMs);
    if (this.#times.length < this.#count) return now;
    return this.#times[this.#times.length - this.#count] + this.#perMs;
  }

  add(now) {
    this.#times.push(now);
  }
}

class Rehearsal {
  #total;
  #rules = new Map();

  /**
   * @param {object[]} rules of `readRules()`
   * @param {{ total: number, totalPer: number }} limits of the watcher
   */
  constructor(rules, { total, totalPer }) {
    this.#total = new Window({ count: total, per: totalPer });
    for (const { name, limits } of rules) {
      const window = new Window(limits);
      this.#rules.set(name, { limits, window, until: -Infinity, asked: -Infinity });
    }
  }

  /** Whether a rule need be asked for at all. */
  mayFire(name, now) {
    return now >= this.#rules.get(name).asked;
  }

  /**
   * Lets it fire or says why not.
   *
   * @returns {{ limit: 'cooldown'|'count'|'total', until: number }|null} null: it fires
   */
  whyNot(name, now) {
    const state = this.#rules.get(name);
    const ownFreeAt = state.window.freeAt(now);
    const until = Math.max(state.until, ownFreeAt, this.#total.freeAt(now));
    if (until > now) {
      state.asked = until;
      return { limit: limitOf({ state, ownFreeAt, now }), until };
    }
    state.window.add(now);
    this.#total.add(now);
    state.until = now + state.limits.cooldown;
    return null;
  }

  /** As that of lib/watch/limits.js. */
  async admit({ rule, now }) {
    const why = this.whyNot(rule, now);
    if (!why) return { lease: NO_LEASE };
    return {
      skipped: { ...why, reason: `${why.limit} until ${new Date(why.until).toISOString()}` },
    };
  }

  stats() {
    return {};
  }
}

/** Nothing is taken, so nothing is held. */
const NO_LEASE = Object.freeze({ async end() {}, fits: () => null, snapshotOptions: () => ({}) });

function limitOf({ state, ownFreeAt, now }) {
  if (state.until > now) return 'cooldown';
  return ownFreeAt > now ? 'count' : 'total';
}

module.exports = { Rehearsal };
