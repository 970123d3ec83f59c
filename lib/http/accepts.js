'use strict';

/**
 * Whether a client takes a content coding.
 *
 * @module
 */

/** What is longer says nothing that we would answer to. */
const MOST_CHARACTERS = 1000;

/** `gzip;q=0.5` -> ['gzip', 0.5]. */
function readOne(text) {
  const [name, ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((part) => part.startsWith('q='));
  const value = weight === undefined ? 1 : Number(weight.slice(2));
  return [name, Number.isNaN(value) ? 0 : value];
}

/**
 * @param {string|undefined} header `Accept-Encoding`
 * @param {'gzip'|'zstd'} coding
 * @returns {boolean} false without the header: whoever says nothing gets plain bytes
 */
function accepts(header, coding) {
  if (typeof header !== 'string' || header.length > MOST_CHARACTERS) return false;
  const weights = new Map(header.split(',').map(readOne));
  const alias = coding === 'gzip' ? weights.get('x-gzip') : undefined;
  return (weights.get(coding) ?? alias ?? weights.get('*') ?? 0) > 0;
}

module.exports = { accepts };
