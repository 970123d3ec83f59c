'use strict';

/**
 * Texts from a capture on one line, with nothing in them that acts instead of being shown. The page of a
 * flame graph carries this file along.
 *
 * @module
 */

/**
 * What a terminal or a reader may act upon instead of showing it: controls (an escape sequence begins with
 * one), line and paragraph separators, marks that reorder or hide text, lone surrogates.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHORT = Object.freeze({ '\n': '\\n', '\r': '\\r', '\t': '\\t' });

const hex = (code, digits) => code.toString(16).padStart(digits, '0');

function named(character) {
  const code = character.codePointAt(0);
  if (code < 0x100) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 1)}}`;
}

/** On one line, every control as an escape that can be read: `\n`, `\x1b`, `\u202e`. */
function visible(text) {
  return String(text).replace(UNSAFE, (character) => SHORT[character] ?? named(character));
}

module.exports = { UNSAFE, hex, visible };
