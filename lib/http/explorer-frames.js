'use strict';

/**
 * How the process that keeps a file open talks back: a line of JSON, followed by as many bytes as it says.
 * The bytes are JSON, too, and are not looked at here: an answer of some megabytes costs this thread no
 * parsing.
 *
 * @module
 */

/** An answer is at most so large. */
const MAX_ANSWER = 32 << 20;

/** So is a line. */
const MAX_LINE = 64 << 10;

const NEWLINE = 10;

/**
 * @param {object} head without line breaks, as all JSON is
 * @param {string|Buffer} [body]
 * @returns {Buffer[]} to be written one after the other
 */
function frame(head, body) {
  if (body === undefined) return [Buffer.from(`${JSON.stringify(head)}\n`)];
  const bytes = Buffer.from(body);
  return [Buffer.from(`${JSON.stringify({ ...head, bytes: bytes.length })}\n`), bytes];
}

/** Puts together what arrives in pieces. */
class FrameReader {
  #onFrame;
  #line = [];
  #lineLength = 0;
  #head = null;
  #body = null;
  #filled = 0;

  /** @param {(head: object, body: Buffer|null) => void} onFrame */
  constructor(onFrame) {
    this.#onFrame = onFrame;
  }

  /**
   * @param {Buffer} chunk
   * @throws {Error} where it is no frame, or one that is too large
   */
  push(chunk) {
    let rest = chunk;
    while (rest.length > 0) rest = this.#head ? this.#takeBody(rest) : this.#takeLine(rest);
  }

  #takeLine(chunk) {
    const end = chunk.indexOf(NEWLINE);
    const part = end < 0 ? chunk : chunk.subarray(0, end);
    this.#lineLength += part.length;
    if (this.#lineLength > MAX_LINE) throw new Error('a line is too long');
    this.#line.push(part);
    if (end < 0) return chunk.subarray(chunk.length);
    const head = JSON.parse(Buffer.concat(this.#line).toString());
    this.#line = [];
    this.#lineLength = 0;
    this.#begin(head);
    return chunk.subarray(end + 1);
  }

  #begin(head) {
    const { bytes } = head;
    if (bytes === undefined) return this.#onFrame(head, null);
    if (!(Number.isInteger(bytes) && bytes >= 0 && bytes <= MAX_ANSWER)) {
      throw new Error('an answer is too large');
    }
    [this.#head, this.#body, this.#filled] = [head, Buffer.allocUnsafe(bytes), 0];
    if (bytes === 0) this.#end();
  }

  #takeBody(chunk) {
    const taken = chunk.copy(this.#body, this.#filled);
    this.#filled += taken;
    if (this.#filled === this.#body.length) this.#end();
    return chunk.subarray(taken);
  }

  #end() {
    const [head, body] = [this.#head, this.#body];
    [this.#head, this.#body] = [null, null];
    this.#onFrame(head, body);
  }
}

module.exports = { FrameReader, MAX_ANSWER, MAX_LINE, frame };
