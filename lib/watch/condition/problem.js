'use strict';

/**
 * What is wrong with a condition, and where: the error shows the text and points at the place.
 *
 * @module
 */

const { invalidArgument } = require('../../errors.js');
const { visible } = require('../../visible.js');

/** Characters of the text that are shown before and after the place. */
const BEFORE = 50;
const AFTER = 30;

const INDENT = '    ';

/** On one line, character for character. */
const flat = (text) => text.replace(/\s/g, ' ');

/** Two lines: the text around the place, and a caret below it. */
function pointer(text, at) {
  const start = Math.max(0, at - BEFORE);
  const end = Math.min(text.length, at + AFTER);
  const before = `${start > 0 ? '…' : ''}${visible(flat(text.slice(start, at)))}`;
  const after = `${visible(flat(text.slice(at, end)))}${end < text.length ? '…' : ''}`;
  return `${INDENT}${before}${after}\n${INDENT}${' '.repeat(before.length)}^`;
}

/**
 * @param {{ text: string, where: string }} source the condition, and where it stands: `rules[1].when`
 * @param {string} message what is wrong, and what to do
 * @param {number} [at] offset in the text; left out where no place is worth showing
 * @returns {import('../../errors.js').RsprofError} INVALID_ARG
 */
function problem({ text, where }, message, at) {
  const place = at === undefined ? '' : `\n${pointer(text, at)}`;
  return invalidArgument(`${where}: ${message}${place}`);
}

module.exports = { problem };
