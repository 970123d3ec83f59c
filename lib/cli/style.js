'use strict';

/**
 * Colours of the terminal: none unless it is one, NO_COLOR and FORCE_COLOR as everybody understands them.
 *
 * @module
 */

const CODES = Object.freeze({
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
});

/**
 * @param {{ isTTY?: boolean }} stream
 * @param {NodeJS.ProcessEnv} env
 * @returns {boolean}
 */
function hasColours(stream, env) {
  const { FORCE_COLOR, NO_COLOR, TERM } = env;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  if (NO_COLOR) return false;
  return Boolean(stream.isTTY) && TERM !== 'dumb';
}

/**
 * @param {boolean} coloured
 * @returns {Record<keyof typeof CODES, (text: string) => string>} functions that leave a text as it is
 *   where there are no colours
 */
function makeStyle(coloured) {
  const paint =
    ([on, off]) =>
    (text) =>
      coloured && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return Object.fromEntries(Object.entries(CODES).map(([name, pair]) => [name, paint(pair)]));
}

module.exports = { hasColours, makeStyle };
