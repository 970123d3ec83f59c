'use strict';

/**
 * Where a text stops being JSON: what JSON.parse says of it differs between versions of Node.js, and often does
 * not tell the place.
 *
 * @module
 */

const SPACE = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** @typedef {{ at: number, message: string }} Place */

class Scanner {
  #text;
  #at = 0;
  /** The brackets that are open. */
  #open = [];

  constructor(text) {
    this.#text = text;
  }

  #take(pattern) {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found) this.#at = pattern.lastIndex;
    return found !== null;
  }

  #space() {
    this.#take(SPACE);
    return this.#text[this.#at];
  }

  #accept(character) {
    if (this.#space() !== character) return false;
    this.#at += 1;
    return true;
  }

  #wrong(wanted) {
    const found = this.#text[this.#at];
    const rest = this.#text.slice(this.#at, this.#at + 2);
    const hint = rest === '//' || rest === '/*' ? '; JSON has no comments' : '';
    return { at: this.#at, message: `${wanted}${found === undefined ? ', but it ends' : hint}` };
  }

  /** Goes behind a string that is right. */
  #string() {
    this.#at += 1;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined || character === '\n') return this.#wrong('a quote is missing');
      if (character < ' ') return this.#wrong('a control character must be written \\u0000');
      if (character === '\\' && !this.#take(ESCAPE)) return this.#wrong('no such escape');
      if (character !== '\\') this.#at += 1;
      if (character === '"') return undefined;
    }
  }

  /** A value, or the beginning of one that holds others. */
  #value() {
    const next = this.#space();
    if (next === '{' || next === '[') {
      this.#at += 1;
      return this.#begin(next);
    }
    if (next === '"') return this.#string() ?? this.#after();
    return this.#take(SCALAR) ? this.#after() : this.#wrong('a value is expected');
  }

  #begin(bracket) {
    if (this.#accept(bracket === '{' ? '}' : ']')) return this.#after();
    this.#open.push(bracket);
    return bracket === '{' ? this.#name() : undefined;
  }

  #name() {
    if (this.#space() !== '"') return this.#wrong('a name in double quotes is expected');
    const wrong = this.#string();
    if (wrong) return wrong;
    return this.#accept(':') ? undefined : this.#wrong('a colon is expected');
  }

  /** What follows a value: the next one, or the end of what is open. */
  #after() {
    while (this.#open.length > 0) {
      const bracket = this.#open.at(-1);
      const close = bracket === '{' ? '}' : ']';
      if (this.#accept(',')) return bracket === '{' ? this.#name() : undefined;
      if (!this.#accept(close)) return this.#wrong(`a comma or ${close} is expected`);
      this.#open.pop();
    }
    return this.#space() === undefined
      ? { at: -1, message: '' }
      : this.#wrong('nothing more is expected');
  }

  /** @returns {Place|undefined} */
  find() {
    let place;
    while (!place) place = this.#value();
    return place.at === -1 ? undefined : place;
  }
}

/**
 * @param {string} text that JSON.parse refused
 * @returns {{ line: number, column: number, message: string }|undefined} both from 1 on; undefined where nothing
 *   is wrong
 */
function findJsonError(text) {
  const place = new Scanner(text).find();
  if (!place) return undefined;
  const before = text.slice(0, place.at).split('\n');
  return { line: before.length, column: before.at(-1).length + 1, message: place.message };
}

module.exports = { findJsonError };
