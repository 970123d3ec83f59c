'use strict';

/**
 * What happens beside the readings: signals, schedules, stuck event loops, a heap that is full. Armed for
 * the rules that wait for it, disarmed with the watcher.
 *
 * @module
 */

const { isMainThread } = require('node:worker_threads');
const { RsprofError } = require('../errors.js');
const { Schedule } = require('./schedule.js');
const { StuckWatch } = require('./stuck.js');

/** When a loop is stuck, where the rule does not say, in ms. */
const STUCK_MS = 5000;

/** A profile of stuck code is no longer, in seconds: it shows one thing, and nobody knows how long it lasts. */
const MOST_STUCK_SECONDS = 2;

function unsupported(what, why) {
  const message = `rsprof.watch() cannot ${what} here: ${why}`;
  return new RsprofError('ERR_RSPROF_UNSUPPORTED', message);
}

/** Triggers of the enabled rules: `{ trigger, rule }`. */
function wanted(rules, kind) {
  return rules
    .filter((rule) => rule.enabled)
    .flatMap((rule) => rule.when.triggers.map((trigger) => ({ trigger, rule })))
    .filter(({ trigger }) => trigger.kind === kind);
}

const thresholdOf = ({ trigger }) => trigger.ms ?? STUCK_MS;

/** The options of the capture that a rule takes. */
const optionsOf = (rule, type) =>
  rule.actions.find((action) => action.type === type)?.settings.options ?? {};

class Triggers {
  #rules;
  #pulse;
  #fail;
  #disarms = [];
  #schedules = [];

  /**
   * @param {object} parts
   * @param {object[]} parts.rules
   * @param {(key: string, outputs?: object) => void} parts.pulse called when one is due
   * @param {(error: Error) => void} parts.fail told of what cannot be armed; the others are
   */
  constructor({ rules, pulse, fail }) {
    this.#rules = rules;
    this.#pulse = pulse;
    this.#fail = fail;
  }

  /** Arms one kind; what is refused is told, and nothing else suffers. */
  #try(arm) {
    try {
      const disarm = arm();
      if (disarm) this.#disarms.push(disarm);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @param {number} now ms since the epoch */
  armSchedules(now) {
    for (const { trigger } of [...wanted(this.#rules, 'every'), ...wanted(this.#rules, 'at')]) {
      this.#schedules.push({ key: trigger.key, schedule: new Schedule(trigger, now) });
    }
  }

  /** Pulses what became due. */
  check(now) {
    for (let at = 0; at < this.#schedules.length; at++) {
      const { key, schedule } = this.#schedules[at];
      if (schedule.isDue(now)) this.#pulse(key);
    }
  }

  armSignals() {
    const signals = new Map(
      wanted(this.#rules, 'signal').map(({ trigger }) => [trigger.signal, trigger.key]),
    );
    for (const [signal, key] of signals) this.#try(() => this.#listen(signal, key));
  }

  #listen(signal, key) {
    if (!isMainThread)
      throw unsupported(`wait for ${signal}`, 'signals reach the main thread only');
    const listener = () => this.#pulse(key);
    process.on(signal, listener);
    return () => process.removeListener(signal, listener);
  }

  /**
   * Watches the event loop for the most impatient rule.
   *
   * @param {{ addon?: object, place: object, mayCapture: (rule: object) => boolean,
   *   onEpisode: (episode: object, rules: object[]) => void }} parts `place`: see {@link StuckWatch}
   */
  armStuck({ addon, place, mayCapture, onEpisode }) {
    const all = wanted(this.#rules, 'stuck');
    if (all.length === 0) return;
    all.sort((one, other) => thresholdOf(one) - thresholdOf(other));
    const [{ rule }] = all;
    this.#try(() => {
      if (!addon?.Watchdog)
        throw unsupported('notice a stuck event loop', 'it takes the native addon');
      const { seconds = MOST_STUCK_SECONDS, interval = 1000 } = optionsOf(rule, 'cpuProfile');
      const watch = new StuckWatch({
        addon,
        place,
        rule,
        times: {
          thresholdMs: thresholdOf(all[0]),
          profileMs: Math.min(seconds, MOST_STUCK_SECONDS) * 1000,
          intervalUs: interval,
        },
        mayCapture: () => mayCapture(rule),
        onEpisode: (episode) => {
          const late = all.filter((one) => thresholdOf(one) <= episode.stuckMs);
          onEpisode(episode, late);
        },
      });
      return () => watch.stop();
    });
  }

  /** Has a child write a snapshot when the heap is full, for the first rule that waits for it. */
  armNearHeapLimit(arm) {
    const rule = this.nearHeapLimitRule();
    if (!rule) return;
    this.#try(() => {
      const watch = arm(rule, optionsOf(rule, 'heapSnapshot'));
      return () => watch.stop();
    });
  }

  /** @returns {object|undefined} the first rule that waits for a full heap */
  nearHeapLimitRule() {
    return wanted(this.#rules, 'nearHeapLimit')[0]?.rule;
  }

  stop() {
    for (const disarm of this.#disarms.splice(0)) {
      try {
        disarm();
      } catch (error) {
        this.#fail(error);
      }
    }
  }
}

module.exports = { Triggers };
