'use strict';

/**
 * Which rules fire when. Pure: time, readings, limits and what firing means are given; the same engine runs
 * live, over a recorded history, and over years in a test. A reading without a firing allocates nothing.
 *
 * @module
 */

/**
 * @typedef {object} RuleState
 * @property {object} rule see lib/watch/rules.js
 * @property {boolean} matches whether its condition held at the last reading
 * @property {boolean} isFiring whether its actions run
 * @property {number} fired how often the limits let it
 * @property {number|null} lastFiredAt ms since the epoch
 */

class Engine {
  #states;
  #context;
  #leak;
  #mayFire;
  #fire;

  /**
   * @param {object} parts
   * @param {object[]} parts.rules of `readRules()`
   * @param {import('./history.js').History} parts.history that the readings are in
   * @param {import('./leak.js').LeakWatch} parts.leak
   * @param {(rule: object, now: number) => boolean} parts.mayFire false: not before something changes
   * @param {(firing: { rule: object, reason: string, now: number }) => Promise<boolean>|boolean} parts.fire never
   *   fails, says whether the limits let it; the rule does not fire again before it has settled
   */
  constructor({ rules, history, leak, mayFire, fire }) {
    this.#states = rules.filter((rule) => rule.enabled).map(newState);
    this.#leak = leak;
    this.#mayFire = mayFire;
    this.#fire = fire;
    this.#context = {
      now: 0,
      history,
      row: history.latest,
      leak: leak.verdicts,
      pulses: new Set(),
    };
  }

  /** @returns {RuleState[]} */
  get states() {
    return this.#states;
  }

  /** Something happened that conditions may wait for; it counts for the next evaluation alone. */
  pulse(key) {
    this.#context.pulses.add(key);
  }

  /**
   * Looks at every rule.
   *
   * @param {number} now ms since the epoch
   * @param {Float64Array} row the newest reading
   */
  evaluate(now, row) {
    const context = this.#context;
    context.now = now;
    context.row = row;
    this.#leak.judge(now, row);
    for (let at = 0; at < this.#states.length; at++) this.#look(this.#states[at]);
    context.pulses.clear();
  }

  #look(state) {
    const context = this.#context;
    state.matches = state.rule.when.evaluate(context);
    if (!state.matches || state.isFiring || !this.#mayFire(state.rule, context.now)) return;
    const firing = this.#fire({
      rule: state.rule,
      reason: state.rule.when.describe(context),
      now: context.now,
    });
    if (typeof firing === 'boolean') note(state, context.now, firing);
    else this.#follow(state, context.now, firing);
  }

  async #follow(state, now, firing) {
    state.isFiring = true;
    note(state, now, await firing);
    state.isFiring = false;
  }
}

function note(state, now, hasFired) {
  if (!hasFired) return;
  state.fired++;
  state.lastFiredAt = now;
}

function newState(rule) {
  return { rule, matches: false, isFiring: false, fired: 0, lastFiredAt: null };
}

module.exports = { Engine };
