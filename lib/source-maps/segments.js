'use strict';

/**
 * The segments of a map's `mappings`, one at a time: nothing of them is kept, where Node's own
 * `SourceMap` holds 22 bytes of V8's heap for each byte of them.
 *
 * Format: ECMA-426, "Mappings structure": `;` ends a generated line, `,` a segment, and a segment is one, four
 * or five base64 VLQ numbers, each relative to the one before of its kind.
 *
 * @module
 */

const { DamagedMap } = require('./damaged-map.js');

const [SEMICOLON, COMMA, BACKSLASH] = Buffer.from(';,\\');
const NO_DIGIT = 255;
const MAX_NUMBER = 2 ** 31;

/** Byte -> the six bits it stands for. */
const DIGITS = new Uint8Array(256).fill(NO_DIGIT);
Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/').forEach(
  (byte, value) => {
    DIGITS[byte] = value;
  },
);

class Segments {
  /** Of the segment that was read last, all from 0. */
  generatedLine = 0;
  generatedColumn = 0;
  source = 0;
  line = 0;
  column = 0;
  name = 0;
  /** Whether it says where its text is from, and by which name. */
  isMapped = false;
  isNamed = false;
  #at = 0;
  #bytes;

  /** @param {Buffer} bytes of the JSON string: of escapes, some writers have `\/` for `/` */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  /**
   * @returns {boolean} false behind the last one
   * @throws {DamagedMap}
   */
  next() {
    while (this.#at < this.#bytes.length) {
      const byte = this.#bytes[this.#at];
      if (byte === SEMICOLON) {
        this.generatedLine++;
        this.generatedColumn = 0;
      } else if (byte !== COMMA) {
        this.#readSegment();
        return true;
      }
      this.#at++;
    }
    return false;
  }

  #readSegment() {
    this.generatedColumn = this.#readOnto(this.generatedColumn);
    this.isMapped = !this.#atEnd();
    this.isNamed = false;
    if (!this.isMapped) return;
    this.source = this.#readOnto(this.source);
    this.line = this.#readOnto(this.line);
    this.column = this.#readOnto(this.column);
    this.isNamed = !this.#atEnd();
    if (this.isNamed) this.name = this.#readOnto(this.name);
    if (!this.#atEnd()) throw new DamagedMap('a segment of its mappings has too many numbers');
  }

  #atEnd() {
    const byte = this.#bytes[this.#at];
    return byte === undefined || byte === COMMA || byte === SEMICOLON;
  }

  /** The next number, added to the one before of its kind. */
  #readOnto(before) {
    let value = 0;
    let scale = 1;
    let digit;
    do {
      digit = this.#readDigit();
      value += (digit & 31) * scale;
      scale *= 32;
    } while (digit & 32 && scale <= MAX_NUMBER);
    if (digit & 32) throw new DamagedMap('its mappings have numbers out of range');
    const change = Math.floor(value / 2);
    const sum = value % 2 === 1 ? before - change : before + change;
    if (sum < 0 || sum >= MAX_NUMBER) {
      throw new DamagedMap('its mappings have numbers out of range');
    }
    return sum;
  }

  #readDigit() {
    if (this.#bytes[this.#at] === BACKSLASH) this.#at++;
    const digit = DIGITS[this.#bytes[this.#at++]] ?? NO_DIGIT;
    if (digit === NO_DIGIT) throw new DamagedMap('its mappings are not base64 VLQ');
    return digit;
  }
}

module.exports = { Segments };
