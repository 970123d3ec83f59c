'use strict';

/**
 * Unsigned integers up to 2^32, small ones in one byte: seven bits a byte, the lowest first.
 *
 * @module
 */

/** Bytes of the longest. */
const LONGEST = 5;

class VarintWriter {
  #bytes;
  /** Bytes written. */
  length = 0;

  /** @param {number} size bytes that are expected; more are made room for */
  constructor(size) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(size, 64));
  }

  write(value) {
    if (this.length + LONGEST > this.#bytes.length) this.#grow();
    const bytes = this.#bytes;
    let { length } = this;
    let rest = value;
    while (rest > 127) {
      bytes[length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[length++] = rest;
    this.length = length;
  }

  #grow() {
    const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2);
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }

  /** @param {Buffer} target */
  copyTo(target) {
    this.#bytes.copy(target, 0, 0, this.length);
  }
}

class VarintReader {
  #bytes;
  #end;
  #at = 0;

  /**
   * @param {Buffer} bytes
   * @param {number} end of what is read
   */
  constructor(bytes, end) {
    this.#bytes = bytes;
    this.#end = end;
  }

  hasMore() {
    return this.#at < this.#end;
  }

  read() {
    const bytes = this.#bytes;
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[this.#at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
}

module.exports = { VarintReader, VarintWriter };
