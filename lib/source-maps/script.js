'use strict';

/**
 * A script on this machine: its lines, and what it says of its map.
 *
 * @module
 */

const path = require('node:path');
const { fileURLToPath } = require('node:url');

const KEY = Buffer.from('sourceMappingURL=');
const [LF, CR] = Buffer.from('\n\r');

/** No more of a line is looked at: what is behind may be a map. */
const MAX_LINE = 32 * 2 ** 20;

/** Comments that tools put behind that of the map are shorter. */
const MAX_REST = 65_536;

/**
 * @param {string} url as V8 has it
 * @returns {string|null} the file it is, null where it is none of this machine's
 */
function fileOfUrl(url) {
  if (path.isAbsolute(url)) return url.includes('\0') ? null : url;
  if (!url.startsWith('file:')) return null;
  try {
    return fileURLToPath(url);
  } catch {
    return null;
  }
}

/** Whether text is nothing but comments and space: else the comment before it is not the script's own. */
function isOnlyComments(text) {
  const piece = /\s+|\/\/.*|\/\*[\s\S]*?\*\//y;
  while (piece.lastIndex < text.length) if (!piece.test(text)) return false;
  return true;
}

/** Where a line ends, and the next begins; U+2028 and U+2029 end lines in V8 too. */
function lineEnd(bytes, from) {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === LF) return { end: at, next: at + 1 };
    if (byte === CR) return { end: at, next: at + (bytes[at + 1] === LF ? 2 : 1) };
    if (byte === 0xe2 && bytes[at + 1] === 0x80 && (bytes[at + 2] & 0xfe) === 0xa8)
      return { end: at, next: at + 3 };
  }
  return { end: bytes.length, next: -1 };
}

class Script {
  /**
   * @param {string} file
   * @param {Buffer} bytes
   */
  constructor(file, bytes) {
    const isMarked = bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]));
    this.file = file;
    this.bytes = isMarked ? bytes.subarray(3) : bytes;
  }

  /**
   * @param {Iterable<number>} wanted lines, from 0
   * @returns {Map<number, string>} the text of those that are there
   */
  lines(wanted) {
    const numbers = new Set(wanted);
    const last = [...numbers].reduce((most, line) => Math.max(most, line), -1);
    const found = new Map();
    for (let line = 0, at = 0; line <= last && at !== -1; line++) {
      const { end, next } = lineEnd(this.bytes, at);
      if (numbers.has(line))
        found.set(line, this.bytes.toString('utf8', at, Math.min(end, at + MAX_LINE)));
      at = next;
    }
    return found;
  }

  /**
   * The `sourceMappingURL` comment at the script's end: the last one, and with nothing but comments
   * behind it, for a bundle may hold scripts with comments of their own.
   *
   * @returns {Buffer|null} what it gives as URL
   */
  mapUrl() {
    const at = this.bytes.lastIndexOf(KEY);
    if (at === -1) return null;
    const opening = /\/([/*])[#@][ \t]+$/.exec(this.bytes.toString('latin1', at - 20, at));
    if (!opening) return null;
    const start = at + KEY.length;
    const end = this.#urlEnd(start, opening[1] === '*');
    const rest = this.bytes.subarray(end);
    if (rest.length > MAX_REST) return null;
    const text = (opening[1] === '*' ? '/*' : '') + rest.toString('latin1');
    return isOnlyComments(text) ? this.bytes.subarray(start, end) : null;
  }

  #urlEnd(start, inBlock) {
    const { bytes } = this;
    let at = start;
    while (at < bytes.length && bytes[at] > 0x20) {
      if (inBlock && bytes[at] === 0x2a && bytes[at + 1] === 0x2f) break;
      at++;
    }
    return at;
  }
}

module.exports = { Script, fileOfUrl };
