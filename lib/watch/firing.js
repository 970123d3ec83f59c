'use strict';

/**
 * One firing of a rule: admitted or skipped by the limits, its actions one after the other, its end told.
 * Never fails.
 *
 * @module
 */

const { performance } = require('node:perf_hooks');
const { setTimeout: delay } = require('node:timers/promises');
const { runActions } = require('./actions.js');
const { capturesOf, isUrgent } = require('./rule-nature.js');
const { verdictOf } = require('./actions/values.js');
const { readingsOf } = require('./readings.js');

const typesOf = ({ actions }) => actions.map(({ type }) => type).join(', ');

/** Times that an urgent rule asks while others capture: half a minute or so. */
const ATTEMPTS = 4;

class Firing {
  #parts;
  #rule;
  #reason;
  #now;
  #outputs;
  #firedAt;

  /**
   * @param {object} parts
   * @param {import('./limits.js').Limits} parts.limits or those of lib/watch/rehearsal.js
   * @param {import('./announcer.js').Announcer} parts.announcer
   * @param {string} parts.dir
   * @param {Map<string, unknown>} parts.baselines kept for `diff`
   * @param {AbortSignal} parts.signal ends the actions
   * @param {Float64Array} parts.row the newest reading
   * @param {boolean} parts.dryRun only tells
   * @param {object} firing
   * @param {object} firing.rule
   * @param {string} firing.reason
   * @param {number} firing.now ms since the epoch
   * @param {object} [firing.outputs] what there is already: the profile of a stuck loop
   */
  constructor(parts, { rule, reason, now, outputs = {} }) {
    this.#parts = parts;
    this.#rule = rule;
    this.#reason = reason;
    this.#now = now;
    this.#outputs = outputs;
    this.#firedAt = new Date(now).toISOString();
  }

  /** @returns {Promise<boolean>} settles when it is over: whether the limits let it */
  async run() {
    try {
      const { lease, skipped } = await this.#admitted();
      if (skipped) this.#skip(skipped);
      else await this.#act(lease);
      return skipped === undefined;
    } catch (error) {
      this.#parts.announcer.fail(error, { rule: this.#rule.name });
      return false;
    }
  }

  /** What does not come again waits a little for whoever captures just now. */
  async #admitted() {
    const { limits, signal } = this.#parts;
    const rule = this.#rule;
    const wish = { rule: rule.name, limits: rule.limits, kinds: capturesOf(rule) };
    const urgent = isUrgent(rule);
    for (let attempt = 1; ; attempt++) {
      const now = attempt === 1 ? this.#now : Date.now();
      const answer = await limits.admit({ ...wish, now, urgent });
      const mayPass = urgent && answer.skipped?.limit === 'busy' && attempt < ATTEMPTS;
      if (!mayPass || signal.aborted) return answer;
      const ms = Math.max(0, answer.skipped.until - Date.now());
      await delay(ms, undefined, { ref: false, signal }).catch(() => {});
    }
  }

  #message(more) {
    const { dryRun } = this.#parts;
    return { rule: this.#rule.name, reason: this.#reason, at: this.#firedAt, dryRun, ...more };
  }

  #skip({ limit, reason, until }) {
    const message = this.#message({ limit, why: reason, until: new Date(until).toISOString() });
    const text = `rule ${this.#rule.name} (${this.#reason}) skipped: ${reason}`;
    this.#parts.announcer.say('warn', 'skip', message, text);
  }

  async #act(lease) {
    const begin = performance.now();
    const outcome = await this.#fire(lease);
    const files = [...this.#taken(), ...outcome.files];
    await lease.end({ files, errors: outcome.errors.map(({ error }) => error) });
    this.#done({ ...outcome, files }, performance.now() - begin);
  }

  async #fire(lease) {
    const { announcer, dryRun } = this.#parts;
    const readings = readingsOf(this.#parts.row);
    const doing = dryRun ? `would take ${typesOf(this.#rule)}` : typesOf(this.#rule);
    const text = `rule ${this.#rule.name}: ${this.#reason}; ${doing}`;
    announcer.say('warn', 'fire', this.#message({ readings }), text);
    return dryRun ? NO_OUTCOME : this.#runActions(lease, readings);
  }

  /** Does what is left when the capture is there: nothing to be admitted any more. */
  async finish() {
    const begin = performance.now();
    try {
      this.#done(await this.#fire(NO_LEASE), performance.now() - begin);
    } catch (error) {
      this.#parts.announcer.fail(error, { rule: this.#rule.name });
    }
    return true;
  }

  /** Files that were there before: those of the watchdog. */
  #taken() {
    const { cpuProfile } = this.#outputs;
    return [cpuProfile?.path, cpuProfile?.sidecar].filter((file) => typeof file === 'string');
  }

  /** What was taken already needs no action. */
  #actions() {
    return this.#rule.actions.filter(({ type }) => !(type in this.#outputs));
  }

  #runActions(lease, readings) {
    const { dir, baselines, announcer, signal, classHistogram } = this.#parts;
    const { name, when } = this.#rule;
    const context = {
      rule: { name, when: when.text },
      reason: this.#reason,
      firedAt: this.#firedAt,
      readings,
      dir,
      outputs: this.#outputs,
      baselines,
      fits: (kind) => lease.fits(kind),
      snapshotOptions: () => lease.snapshotOptions(),
      classHistogram: (how) => classHistogram({ ...how, queue: true }),
    };
    const report = (event) => announcer.tell('action', this.#message(event));
    return runActions({ actions: this.#actions(), context, signal, report });
  }

  #done({ outputs, files, errors }, durationMs) {
    const { announcer } = this.#parts;
    const verdict = verdictOf({ outputs });
    const message = this.#message({ outputs, files, errors, verdict, durationMs });
    for (const { action, error } of errors) {
      announcer.fail(error, { rule: this.#rule.name, action });
    }
    const what = [verdict, ...files.filter((file) => !file.endsWith('.json'))];
    const text = `rule ${this.#rule.name}: ${what.filter(Boolean).join('; ') || 'done'}`;
    announcer.say('info', 'done', message, text);
  }
}

const NO_OUTCOME = Object.freeze({ outputs: {}, files: [], errors: [] });

const NO_LEASE = Object.freeze({ fits: () => null, snapshotOptions: () => ({}) });

module.exports = { Firing };
