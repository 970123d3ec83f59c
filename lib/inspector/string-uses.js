'use strict';

/**
 * Which strings of a snapshot are used, and as what: the table itself comes last.
 *
 * Memory while redacting: one byte a string. Else nothing.
 *
 * @module
 */

const { invalidSnapshot } = require('./snapshot-error.js');

/** A name: of a class, property, function, script. */
const AS_NAME = 1;
/** What the program stored: string contents, regexp sources. */
const AS_VALUE = 2;

/** More strings than V8 can keep apart in 4 GiB: an index beyond is damage, not a reason to allocate. */
const MOST_STRINGS = 2 ** 28;

class StringUses {
  #highest = -1;
  #offset = 0;
  #marks;

  /** @param {boolean} marking remember the uses of each string, for redaction */
  constructor(marking) {
    this.#marks = marking ? new Uint8Array(4096) : null;
  }

  /**
   * Notes a use.
   *
   * @param {number} index of the string
   * @param {number} use AS_NAME or AS_VALUE
   * @param {number} offset in the snapshot, for messages
   */
  note(index, use, offset) {
    if (index > this.#highest) {
      if (index >= MOST_STRINGS) throw invalidSnapshot(`there is no string ${index}`, offset);
      this.#highest = index;
      this.#offset = offset;
    }
    if (this.#marks !== null) this.#mark(index, use);
  }

  #mark(index, use) {
    if (index >= this.#marks.length) this.#grow(index);
    this.#marks[index] |= use;
  }

  #grow(index) {
    const grown = new Uint8Array(Math.max(index + 1, this.#marks.length * 2));
    grown.set(this.#marks);
    this.#marks = grown;
  }

  /** @returns {number} bits AS_NAME and AS_VALUE; 0 for a string that nothing uses */
  of(index) {
    return this.#marks[index] ?? 0;
  }

  /** @param {number} count strings in the table @throws where a use has no string */
  check(count) {
    if (this.#highest < count) return;
    throw invalidSnapshot(`there is no string ${this.#highest}, only ${count}`, this.#offset);
  }
}

module.exports = { AS_NAME, AS_VALUE, StringUses };
