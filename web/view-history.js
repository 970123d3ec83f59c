'use strict';

/**
 * The objects that were looked at, in the history of the browser: its own buttons lead back and forth too.
 * The address stays the same, so the page around is not told.
 *
 * @module
 */

const entry = () => globalThis.history.state?.rsprof;

class ObjectHistory {
  #last = 0;

  /**
   * @param {string} capture its id
   * @param {(object: number|undefined) => void} onShow undefined: what was there before the first object
   * @param {AbortSignal} signal
   */
  constructor(capture, onShow, signal) {
    this.capture = capture;
    this.#last = this.#at;
    globalThis.addEventListener('popstate', () => onShow(this.current), { signal });
  }

  get #at() {
    return entry()?.capture === this.capture ? entry().at : 0;
  }

  /** The object that is shown, also after the page was loaded again. */
  get current() {
    return this.#at > 0 ? entry().object : undefined;
  }

  get canForward() {
    return this.#at < this.#last;
  }

  push(object) {
    if (object === this.current) return;
    const at = this.#at + 1;
    this.#last = at;
    globalThis.history.pushState({ rsprof: { capture: this.capture, object, at } }, '');
  }

  back() {
    globalThis.history.back();
  }

  forward() {
    globalThis.history.forward();
  }
}

module.exports = { ObjectHistory };
