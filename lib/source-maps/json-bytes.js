'use strict';

/**
 * JSON that stays bytes: where its members and elements begin, and the few values that are wanted.
 *
 * `JSON.parse` takes up to twenty times a document's size of V8's heap, and a heap that is full ends the
 * process. What a map is used for is one string in place and a handful of others.
 *
 * @module
 */

const { DamagedMap } = require('./damaged-map.js');

const [QUOTE, COMMA, COLON, BACKSLASH] = Buffer.from('",:\\');
const [ARRAY, ARRAY_END, OBJECT, OBJECT_END] = Buffer.from('[]{}');

/** No key, path or name that is of use is longer. */
const MAX_TEXT_BYTES = 16_384;

const isSpace = (byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isOpening = (byte) => byte === ARRAY || byte === OBJECT;
const isClosing = (byte) => byte === ARRAY_END || byte === OBJECT_END;

class JsonBytes {
  /** @param {Buffer} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }

  /**
   * @param {number} at before the value
   * @returns {number} where it begins
   */
  skipSpace(at) {
    let next = at;
    while (isSpace(this.bytes[next])) next++;
    if (next >= this.bytes.length) throw new DamagedMap('its JSON ends too early');
    return next;
  }

  /**
   * @param {number} at where a value begins
   * @returns {number} behind it
   */
  skipValue(at) {
    const first = this.bytes[at];
    if (first === QUOTE) return this.#skipString(at);
    if (isOpening(first)) return this.#skipNested(at);
    let next = at;
    while (next < this.bytes.length && !this.#endsScalar(next)) next++;
    if (next === at) throw new DamagedMap('it is no JSON');
    return next;
  }

  /**
   * @param {number} at where an object begins
   * @param {string[]} wanted
   * @returns {Record<string, number>} where the values of those members begin; of two, the last one's
   */
  members(at, wanted) {
    const found = {};
    let next = this.#enter(at, OBJECT);
    while (this.bytes[next] !== OBJECT_END) {
      this.#expect(next, QUOTE);
      const key = this.value(next);
      next = this.skipSpace(this.#skipString(next));
      this.#expect(next, COLON);
      next = this.skipSpace(next + 1);
      if (wanted.includes(key)) found[key] = next;
      next = this.#toNext(this.skipValue(next), OBJECT_END);
    }
    return found;
  }

  /**
   * @param {number} at where an array begins
   * @returns {Generator<number>} where each of its elements does
   */
  *elements(at) {
    let next = this.#enter(at, ARRAY);
    while (this.bytes[next] !== ARRAY_END) {
      yield next;
      next = this.#toNext(this.skipValue(next), ARRAY_END);
    }
  }

  /**
   * @param {number|undefined} at where a value begins
   * @returns {unknown} undefined for what is long, or an object, or an array, or not there
   */
  value(at) {
    if (at === undefined || isOpening(this.bytes[at])) return undefined;
    const end = this.skipValue(at);
    if (end - at > MAX_TEXT_BYTES) return undefined;
    try {
      return JSON.parse(this.bytes.toString('utf8', at, end));
    } catch {
      throw new DamagedMap('it is no JSON');
    }
  }

  /**
   * @param {number} at where a string begins
   * @returns {Buffer} what is between its quotes, escapes as they are
   */
  rawString(at) {
    this.#expect(at, QUOTE);
    return this.bytes.subarray(at + 1, this.#skipString(at) - 1);
  }

  #expect(at, byte) {
    if (this.bytes[at] !== byte) throw new DamagedMap('it is no JSON of a map');
  }

  #enter(at, opening) {
    this.#expect(at, opening);
    return this.skipSpace(at + 1);
  }

  /** Behind a member or an element: at the next one, or at the closing bracket. */
  #toNext(at, closing) {
    const next = this.skipSpace(at);
    if (this.bytes[next] === closing) return next;
    this.#expect(next, COMMA);
    return this.skipSpace(next + 1);
  }

  #endsScalar(at) {
    const byte = this.bytes[at];
    return byte === COMMA || isClosing(byte) || isSpace(byte);
  }

  #skipString(at) {
    let quote = this.bytes.indexOf(QUOTE, at + 1);
    while (quote !== -1 && this.#isEscaped(quote)) quote = this.bytes.indexOf(QUOTE, quote + 1);
    if (quote === -1) throw new DamagedMap('its JSON ends too early');
    return quote + 1;
  }

  #isEscaped(at) {
    let before = at - 1;
    while (this.bytes[before] === BACKSLASH) before--;
    return (at - before) % 2 === 0;
  }

  /** Without recursion: a document may be as deep as it is long. */
  #skipNested(at) {
    const { bytes } = this;
    let depth = 0;
    let next = at;
    do {
      const byte = bytes[next];
      if (byte === QUOTE) {
        next = this.#skipString(next);
        continue;
      }
      if (isOpening(byte)) depth++;
      else if (isClosing(byte)) depth--;
      next++;
    } while (depth > 0 && next < bytes.length);
    return next;
  }
}

module.exports = { JsonBytes };
