'use strict';

/**
 * One thing that runs because somebody asked for it: a capture, an analysis, a comparison.
 *
 * @module
 */

const { randomBytes } = require('node:crypto');

/** Bytes of an id: nobody guesses it, nobody has it twice. */
const ID_BYTES = 12;

const iso = (ms) => (ms === null ? null : new Date(ms).toISOString());

class Operation {
  #clock;
  #changed;
  #startedAt;
  #endedAt = null;
  #percent = null;
  #phase;
  #state = 'running';
  #end = { capture: null, verdict: null, figures: null, error: null };
  #settle;

  /**
   * @param {object} what
   * @param {string} what.kind
   * @param {string} what.phase it begins with
   * @param {number|null} [what.seconds] that it records
   * @param {string[]} [what.captures] ids of what it reads
   * @param {() => number} what.clock ms since the epoch
   * @param {() => void} what.changed
   */
  constructor({ kind, phase, seconds = null, captures = [], clock, changed }) {
    this.id = randomBytes(ID_BYTES).toString('base64url');
    this.kind = kind;
    this.seconds = seconds;
    this.captures = captures;
    this.controller = new AbortController();
    /** Ends it early, where that keeps something. */
    this.stop = undefined;
    this.#phase = phase;
    this.#clock = clock;
    this.#changed = changed;
    this.#startedAt = clock();
    /** Its last view; never rejects. */
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get isRunning() {
    return this.#state === 'running';
  }

  get elapsedMs() {
    return Math.max(0, this.#clock() - this.#startedAt);
  }

  /** Of a recording, about; undefined of all else. */
  get secondsLeft() {
    return this.seconds === null ? undefined : this.seconds - this.elapsedMs / 1000 + 1;
  }

  /**
   * Notes how far it is; tells of it where a person could see a difference.
   *
   * @param {number|null} percent
   * @param {string} [phase]
   */
  progress(percent, phase = this.#phase) {
    const rounded = percent === null ? null : Math.floor(Math.min(100, Math.max(0, percent)));
    if (!this.isRunning || (rounded === this.#percent && phase === this.#phase)) return;
    this.#percent = rounded;
    this.#phase = phase;
    this.#changed();
  }

  /**
   * @param {'done'|'failed'|'cancelled'} state
   * @param {object} [outcome] `capture`, `verdict`, `figures` or `error`
   */
  end(state, outcome = {}) {
    if (!this.isRunning) return;
    this.#state = state;
    this.#endedAt = this.#clock();
    if (state === 'done') this.#percent = 100;
    this.#phase = null;
    this.stop = undefined;
    this.#end = { ...this.#end, ...outcome };
    this.#changed();
    this.#settle(this.view());
  }

  /** @returns {object} as clients get it */
  view() {
    const { id, kind, seconds, captures } = this;
    return {
      id,
      kind,
      state: this.#state,
      percent: this.#percent,
      phase: this.#phase,
      seconds,
      canStop: this.stop !== undefined,
      canCancel: this.isRunning,
      startedAt: iso(this.#startedAt),
      endedAt: iso(this.#endedAt),
      captures,
      ...this.#end,
    };
  }
}

module.exports = { Operation };
