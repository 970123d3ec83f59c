'use strict';

/**
 * A growing buffer that is filled from the front and used again.
 *
 * @module
 */

class ByteWriter {
  /** @param {number} capacity bytes to begin with */
  constructor(capacity) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
    /** Bytes filled. */
    this.length = 0;
  }

  /** Makes room for `count` more bytes. The buffer may be another one afterwards. */
  ensure(count) {
    const needed = this.length + count;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }

  /** Appends `source[start..end)`. */
  append(source, start, end) {
    const count = end - start;
    this.ensure(count);
    if (count < 48) this.#appendShort(source, start, end);
    else this.buffer.set(source.subarray(start, end), this.length);
    this.length += count;
  }

  /** A loop beats the fixed cost of a copy call here. */
  #appendShort(source, start, end) {
    const { buffer } = this;
    let at = this.length;
    for (let i = start; i < end; i++) buffer[at++] = source[i];
  }

  /** Appends a byte. */
  byte(value) {
    this.ensure(1);
    this.buffer[this.length++] = value;
  }

  /** Appends text of code units below 256. */
  latin1(text) {
    this.ensure(text.length);
    for (let i = 0; i < text.length; i++) this.buffer[this.length++] = text.charCodeAt(i);
  }

  /** What was filled; valid until the next call. */
  filled() {
    return this.buffer.subarray(0, this.length);
  }

  /** Forgets what was filled, and room beyond `most` bytes. */
  reset(most = Infinity) {
    this.length = 0;
    if (this.buffer.length > most) this.buffer = Buffer.allocUnsafeSlow(most);
  }
}

/**
 * Writes a non-negative integer in decimal.
 *
 * @param {Uint8Array} buffer with room for it
 * @param {number} at
 * @param {number} value below 2^53
 * @returns {number} the index after its last digit
 */
function writeDecimal(buffer, at, value) {
  if (value > 0x7fffffff) {
    const text = String(value);
    for (let i = 0; i < text.length; i++) buffer[at++] = text.charCodeAt(i);
    return at;
  }
  let rest = value | 0;
  const end = at + digitsOf(rest);
  let i = end;
  do {
    const next = (rest / 10) | 0;
    buffer[--i] = 48 + (rest - next * 10);
    rest = next;
  } while (rest !== 0);
  return end;
}

function digitsOf(value) {
  if (value < 1e5)
    return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : value < 1e4 ? 4 : 5;
  return value < 1e7 ? (value < 1e6 ? 6 : 7) : value < 1e8 ? 8 : value < 1e9 ? 9 : 10;
}

module.exports = { ByteWriter, writeDecimal };
