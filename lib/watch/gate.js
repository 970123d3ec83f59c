'use strict';

/**
 * Which rules need not be asked for the moment: in memory, next to free. A rule that matches for ever
 * comes past here each second.
 *
 * @module
 */

class Gate {
  #slots = new Map();

  /**
   * @param {string} rule
   * @param {number} now ms since the epoch
   * @param {boolean} isUrgent the start's grace does not hold it
   * @returns {boolean} false until the moment that {@link close} gave
   */
  isOpen(rule, now, isUrgent) {
    const slot = this.#slots.get(rule);
    if (slot === undefined || now >= slot.until) return true;
    // The clock was set back: that moment means nothing any more.
    if (now < slot.since) return true;
    if (isUrgent && slot.isGrace) return true;
    slot.held += 1;
    return false;
  }

  /**
   * @param {string} rule
   * @param {number} now ms since the epoch
   * @param {number} until when it may be asked again
   * @param {boolean} [isGrace] it is the start's grace that holds it
   */
  close(rule, now, until, isGrace = false) {
    const slot = this.#slots.get(rule);
    if (slot === undefined) this.#slots.set(rule, { since: now, until, isGrace, held: 0 });
    else Object.assign(slot, { since: now, until, isGrace });
  }

  /** How often each rule was held. */
  held() {
    return Object.fromEntries([...this.#slots].map(([rule, { held }]) => [rule, held]));
  }
}

module.exports = { Gate };
