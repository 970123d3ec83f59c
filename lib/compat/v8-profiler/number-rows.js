'use strict';

/**
 * A flat array of numbers in JSON, into columns.
 *
 * @module
 */

const ZERO = 48;
const NINE = 57;
const CLOSE = 93;

class NumberRows {
  #columns;
  #column = 0;
  #row = 0;
  #value = 0;
  #inNumber = false;

  /** @param {Array<{ [row: number]: number, length: number }|undefined>} columns undefined: not wanted */
  constructor(columns) {
    this.#columns = columns;
  }

  /** Whether every column was filled, and no more came. */
  get full() {
    const length = this.#columns.find(Boolean)?.length;
    return this.#column === 0 && this.#row === length;
  }

  /**
   * Reads the inside of the array.
   *
   * @param {Buffer} bytes
   * @param {number} start
   * @returns {number} the place after its end; -1 where that has not come yet
   */
  read(bytes, start) {
    for (let i = start; i < bytes.length; i++) {
      const byte = bytes[i];
      if (byte >= ZERO && byte <= NINE) {
        this.#value = this.#value * 10 + byte - ZERO;
        this.#inNumber = true;
        continue;
      }
      if (this.#inNumber) this.#put();
      if (byte === CLOSE) return i + 1;
    }
    return -1;
  }

  #put() {
    const column = this.#columns[this.#column];
    if (column) column[this.#row] = this.#value;
    this.#value = 0;
    this.#inNumber = false;
    this.#column++;
    if (this.#column < this.#columns.length) return;
    this.#column = 0;
    this.#row++;
  }
}

module.exports = { NumberRows };
