'use strict';

/**
 * Sentences of the report's rules: code stands between backticks in them, and each output shows it in
 * its own way.
 *
 * @module
 */

const CODE = /`([^`]+)`/;

/**
 * @param {string} text raw
 * @returns {{ text: string, isCode: boolean }[]} its parts in their order, none of them empty
 */
function proseParts(text) {
  const parts = String(text).split(CODE);
  const named = parts.map((part, at) => ({ text: part, isCode: at % 2 === 1 }));
  return named.filter(({ text: part }) => part !== '');
}

module.exports = { proseParts };
