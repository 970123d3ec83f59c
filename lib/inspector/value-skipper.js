'use strict';

/**
 * Finds where a JSON value ends, whatever it is. Brackets are counted, not matched by kind.
 *
 * @module
 */

const QUOTE = 34;
const COMMA = 44;
const OPEN = 91;
const BACKSLASH = 92;
const CLOSE = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

const isSpace = (byte) => byte === 32 || byte === 10 || byte === 13 || byte === 9;
const endsScalar = (byte) =>
  byte === COMMA || byte === CLOSE || byte === CLOSE_OBJECT || isSpace(byte);

class ValueSkipper {
  /** Whether the value ended. */
  done = false;
  #out;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #inScalar = false;

  /** @param {import('./byte-writer.js').ByteWriter|null} out gets the bytes of the value */
  constructor(out) {
    this.#out = out;
  }

  /** See {@link import('./integer-rows.js').IntegerRows#read}. */
  read(buffer, start, end) {
    let i = start;
    while (i < end && !this.done) {
      if (this.#inScalar && endsScalar(buffer[i])) {
        this.done = true;
        break;
      }
      this.#step(buffer[i++]);
    }
    this.#out?.append(buffer, start, i);
    return i;
  }

  #step(byte) {
    if (this.#inString) this.#stepInString(byte);
    else if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN || byte === OPEN_OBJECT) this.#depth++;
    else if (byte === CLOSE || byte === CLOSE_OBJECT) this.done = --this.#depth <= 0;
    else if (this.#depth === 0 && !isSpace(byte)) this.#inScalar = true;
  }

  #stepInString(byte) {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) {
      this.#inString = false;
      this.done = this.#depth === 0;
    }
  }
}

module.exports = { ValueSkipper };
