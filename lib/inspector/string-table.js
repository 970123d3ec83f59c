'use strict';

/**
 * The array of strings at the end of a heap snapshot.
 *
 * @module
 */

const { ByteWriter } = require('./byte-writer.js');
const { invalidSnapshot } = require('./snapshot-error.js');

// Between strings: what the last byte was.
const UNOPENED = 0;
const OPENED = 1;
const COMMA_READ = 2;
const STRING_READ = 3;
// Inside a string.
const TEXT = 4;
const ESCAPED = 5; // after a backslash
const HEX = 6; // inside \uXXXX

const QUOTE = 34;
const COMMA = 44;
const OPEN = 91;
const BACKSLASH = 92;
const CLOSE = 93;
const U = 117;

const isSpace = (byte) => byte === 32 || byte === 10 || byte === 13 || byte === 9;

/** Bytes that may follow a backslash, besides `u`. */
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

const isHex = (byte) =>
  (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 102) || (byte >= 65 && byte <= 70);

/** UTF-16 units that a byte of UTF-8 begins: none for a continuation, two for a lead of four. */
const unitsOf = (byte) => (byte < 0x80 ? 1 : byte < 0xc0 ? 0 : byte < 0xf0 ? 1 : 2);

class StringTable {
  /** Whether the closing bracket was read. */
  done = false;
  /** Strings read. */
  count = 0;
  #state = UNOPENED;
  #units = 0;
  #hexLeft = 0;
  #census;
  #redactor;
  #out;
  /** Raw text of a string whose name the census wants. */
  #name = new ByteWriter(256);
  #wanted = false;

  /**
   * @param {import('./census.js').Census} census gets the names of classes
   * @param {import('./redactor.js').Redactor|null} redactor gets every string
   * @param {ByteWriter|null} out gets what stands between strings
   */
  constructor(census, redactor, out) {
    this.#census = census;
    this.#redactor = redactor;
    this.#out = out;
  }

  /** See {@link import('./integer-rows.js').IntegerRows#read}. */
  read(buffer, start, end, base) {
    let i = start;
    while (i < end && !this.done) {
      if (this.#state >= TEXT) i = this.#readText(buffer, i, end, base);
      else this.#readBetween(buffer[i], base + i++);
    }
    return i;
  }

  #readBetween(byte, offset) {
    const opening = byte === QUOTE && (this.#state === OPENED || this.#state === COMMA_READ);
    if (opening) this.#begin();
    else if (!isSpace(byte)) this.#punctuate(byte, offset);
    // The redactor writes the quotes.
    if (!opening) this.#out?.byte(byte);
  }

  #punctuate(byte, offset) {
    const state = this.#state;
    if (byte === OPEN && state === UNOPENED) this.#state = OPENED;
    else if (byte === COMMA && state === STRING_READ) this.#state = COMMA_READ;
    else if (byte === CLOSE && (state === STRING_READ || state === OPENED)) this.done = true;
    else throw invalidSnapshot(`in "strings" byte ${byte} is no part of it`, offset);
  }

  #begin() {
    this.#state = TEXT;
    this.#units = 0;
    this.#wanted = this.#census.wants(this.count);
  }

  /** Reads to the end of the string or of the bytes. */
  #readText(buffer, start, end, base) {
    let i = start;
    let units = this.#units;
    while (i < end) {
      const byte = buffer[i];
      if (this.#state !== TEXT) this.#readEscape(byte, base + i);
      else if (byte === QUOTE) break;
      else if (byte === BACKSLASH) {
        this.#state = ESCAPED;
        units++;
      } else if (byte < 32)
        throw invalidSnapshot('a control character stands in a string', base + i);
      else units += unitsOf(byte);
      i++;
    }
    this.#units = units;
    this.#keep(buffer, start, i);
    if (i === end) return i;
    this.#finish(base + i);
    return i + 1;
  }

  #readEscape(byte, offset) {
    if (this.#state === HEX && isHex(byte)) {
      if (--this.#hexLeft === 0) this.#state = TEXT;
    } else if (this.#state === ESCAPED && byte === U) {
      this.#state = HEX;
      this.#hexLeft = 4;
    } else if (this.#state === ESCAPED && ESCAPES.has(byte)) {
      this.#state = TEXT;
    } else {
      throw invalidSnapshot('an escape in a string is none', offset);
    }
  }

  #keep(buffer, start, end) {
    this.#redactor?.append(buffer, start, end);
    if (this.#wanted) this.#name.append(buffer, start, end);
  }

  #finish() {
    this.#redactor?.finish(this.count, this.#units);
    if (this.#wanted) this.#giveName();
    this.count++;
    this.#state = STRING_READ;
  }

  #giveName() {
    this.#census.name(this.count, JSON.parse(`"${this.#name.filled().toString('utf8')}"`));
    this.#name.length = 0;
  }
}

module.exports = { StringTable };
