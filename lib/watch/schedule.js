'use strict';

/**
 * When a scheduled trigger is due next.
 *
 * @module
 */

const DAY_MS = 86_400_000;

/** The next moment of a time of day after `now`. */
function nextTimeOfDay({ hour, minute, utc }, now) {
  const date = new Date(now);
  if (utc) date.setUTCHours(hour, minute, 0, 0);
  else date.setHours(hour, minute, 0, 0);
  if (date.getTime() > now) return date.getTime();
  // By the calendar: a day of the local time may have 23 or 25 hours.
  if (utc) return date.getTime() + DAY_MS;
  date.setDate(date.getDate() + 1);
  date.setHours(hour, minute, 0, 0);
  return date.getTime();
}

/** One `every(6h)` or `at(03:30)`. */
class Schedule {
  #trigger;
  #next;

  /**
   * @param {{ kind: 'every', ms: number } | { kind: 'at', hour: number, minute: number, utc: boolean }} trigger
   * @param {number} now ms since the epoch
   */
  constructor(trigger, now) {
    this.#trigger = trigger;
    this.#next = this.#after(now);
  }

  #after(now) {
    return this.#trigger.kind === 'every'
      ? now + this.#trigger.ms
      : nextTimeOfDay(this.#trigger, now);
  }

  /** Whether it became due since the last call. What was missed (a suspend) comes once. */
  isDue(now) {
    // A clock that was set back must not put it off for long.
    if (this.#trigger.kind === 'every' && this.#next - now > this.#trigger.ms) this.#next = now;
    if (now < this.#next) return false;
    this.#next = this.#after(now);
    return true;
  }
}

module.exports = { Schedule };
