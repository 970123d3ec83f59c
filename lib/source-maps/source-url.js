'use strict';

/**
 * What a map calls a source, as the URL it stands for. It is text: nothing is opened by it.
 *
 * @module
 */

/** Two letters at least: one is a drive. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;

/** @returns {string} the source below its root, both as the map has them */
function belowRoot(sourceRoot, source) {
  if (typeof sourceRoot !== 'string' || sourceRoot === '' || source.startsWith('/')) return source;
  return `${sourceRoot.replace(/\/$/, '')}/${source}`;
}

/**
 * @param {string} source as the map has it
 * @param {unknown} sourceRoot of the map
 * @param {string} base the URL of the map; the script's where the map is inside it
 * @returns {string} `webpack://…` and the like as they are, all else from where the map is
 */
function sourceUrl(source, sourceRoot, base) {
  if (SCHEME.test(source)) return source;
  const whole = belowRoot(sourceRoot, source);
  if (SCHEME.test(whole) && !whole.startsWith('file:')) return whole;
  try {
    return new URL(whole, base).href;
  } catch {
    return whole;
  }
}

module.exports = { sourceUrl };
