'use strict';

/**
 * Writes JSON piece by piece into an encoder: never one string of the whole, and the event loop gets
 * its turn.
 *
 * @module
 */

const { performance } = require('node:perf_hooks');
const { setImmediate: nextTurn } = require('node:timers/promises');

/** Text is handed on from this many characters on. */
const BLOCK_CHARS = 65_536;

/** Numbers that become text at once. */
const NUMBERS = 4096;

/** The event loop gets its turn after this long. */
const TURN_MS = 5;

class JsonWriter {
  #encoder;
  #parts = [];
  #chars = 0;
  #turnBegan = performance.now();

  /** @param {import('./encode.js').Encoder} encoder */
  constructor(encoder) {
    this.#encoder = encoder;
  }

  /**
   * @param {string} text
   * @returns {Promise<void>|undefined} a promise where the caller has to wait
   */
  write(text) {
    this.#parts.push(text);
    this.#chars += text.length;
    return this.#chars >= BLOCK_CHARS ? this.flush() : undefined;
  }

  /** Hands on what was written. */
  async flush() {
    const text = this.#parts.join('');
    this.#parts = [];
    this.#chars = 0;
    await this.#encoder.write(Buffer.from(text, 'utf8'));
    if (performance.now() - this.#turnBegan < TURN_MS) return;
    await nextTurn();
    this.#turnBegan = performance.now();
  }

  /** @param {number[]} numbers written with commas between them */
  async writeNumbers(numbers) {
    for (let start = 0; start < numbers.length; start += NUMBERS) {
      const text = numbers.slice(start, start + NUMBERS).join(',');
      await this.write(start > 0 ? `,${text}` : text);
    }
  }
}

module.exports = { JsonWriter };
