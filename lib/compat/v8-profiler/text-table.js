'use strict';

/**
 * An array of strings in JSON: kept as it was written, each one made when it is asked for.
 *
 * @module
 */

const QUOTE = 34;
const BACKSLASH = 92;
const CLOSE = 93;

class TextTable {
  #bytes = Buffer.allocUnsafeSlow(1 << 16);
  #length = 0;
  /** Where each text begins, and after the last one where it ends. */
  #starts = new Uint32Array(1 << 12);
  #count = 0;
  #inText = false;
  #escaped = false;

  /**
   * Reads the inside of the array.
   *
   * @param {Buffer} bytes
   * @param {number} start
   * @returns {number} the place after its end; -1 where that has not come yet
   */
  read(bytes, start) {
    let i = start;
    while (i < bytes.length) {
      if (this.#inText) i = this.#readText(bytes, i);
      else if (bytes[i] === CLOSE) return i + 1;
      else {
        if (bytes[i] === QUOTE) this.#begin();
        i++;
      }
    }
    return -1;
  }

  #begin() {
    if (this.#count + 1 >= this.#starts.length) {
      const larger = new Uint32Array(this.#starts.length * 2);
      larger.set(this.#starts);
      this.#starts = larger;
    }
    this.#starts[this.#count++] = this.#length;
    this.#inText = true;
  }

  /** Up to the quote that ends the text, or the end of `bytes`. */
  #readText(bytes, start) {
    let i = start;
    for (; i < bytes.length; i++) {
      if (this.#escaped) this.#escaped = false;
      else if (bytes[i] === BACKSLASH) this.#escaped = true;
      else if (bytes[i] === QUOTE) break;
    }
    this.#keep(bytes, start, i);
    if (i === bytes.length) return i;
    this.#inText = false;
    return i + 1;
  }

  #keep(bytes, start, end) {
    const length = this.#length + end - start;
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, this.#length, start, end);
    this.#length = length;
  }

  /** No more texts. */
  finish() {
    this.#starts[this.#count] = this.#length;
  }

  /** @returns {string} the text at a place; empty where there is none */
  at(place) {
    if (place >= this.#count) return '';
    return JSON.parse(`"${this.#bytes.latin1Slice(this.#starts[place], this.#starts[place + 1])}"`);
  }
}

module.exports = { TextTable };
