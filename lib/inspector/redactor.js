'use strict';

/**
 * What becomes of the texts of a snapshot's strings when values are taken out.
 *
 * @module
 */

const crypto = require('node:crypto');
const { ByteWriter } = require('./byte-writer.js');
const { AS_NAME, AS_VALUE } = require('./string-uses.js');
const { withoutPairValues } = require('./weakmap-pair.js');

const KEY_BYTES = 16;
const QUOTE = 34;

/** Between the two texts that each string becomes. */
const SEPARATOR = ',';

/** V8 cuts strings at this many characters. */
const CUT = 1024;

/** Hexadecimal digits of a hash that are shown. */
const HASH_DIGITS = 12;

// One call instead of four, on Node 20.12 and up.
const sha256 =
  typeof crypto.hash === 'function'
    ? (bytes) => crypto.hash('sha256', bytes, 'hex')
    : (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');

const isDigit = (byte) => byte >= 48 && byte <= 57;

/** Collects the raw text of one string and writes the two that stand for it. */
class Redactor {
  #uses;
  #out;
  /** The key, then the raw text: what the hash is made of. */
  #text = new ByteWriter(4096);

  /**
   * @param {Buffer} key 16 secret bytes
   * @param {import('./string-uses.js').StringUses} uses
   * @param {ByteWriter} out
   */
  constructor(key, uses, out) {
    this.#text.append(key, 0, KEY_BYTES);
    this.#uses = uses;
    this.#out = out;
  }

  /** Takes a part of the raw text: what stands between the quotes, still escaped. */
  append(buffer, start, end) {
    this.#text.append(buffer, start, end);
  }

  /**
   * The string is complete.
   *
   * @param {number} index of it
   * @param {number} chars its length in UTF-16 units
   */
  finish(index, chars) {
    const uses = this.#uses.of(index);
    this.#out.byte(QUOTE);
    if (uses & AS_NAME) this.#writeName();
    this.#out.latin1(`"${SEPARATOR}"`);
    if (uses & AS_VALUE && this.#text.length > KEY_BYTES)
      this.#out.latin1(this.#placeholder(chars));
    this.#out.byte(QUOTE);
    this.#text.length = KEY_BYTES;
  }

  #writeName() {
    const { buffer, length } = this.#text;
    if (length > KEY_BYTES && isDigit(buffer[KEY_BYTES])) {
      const name = withoutPairValues(buffer.latin1Slice(KEY_BYTES, length));
      if (name !== null) {
        this.#out.latin1(name);
        return;
      }
    }
    this.#out.append(buffer, KEY_BYTES, length);
  }

  #placeholder(chars) {
    const hash = sha256(this.#text.filled()).slice(0, HASH_DIGITS);
    const count = chars >= CUT ? `${CUT}+` : String(chars);
    return `<${count} chars #${hash}>`;
  }
}

module.exports = { KEY_BYTES, Redactor };
