'use strict';

/**
 * What went wrong, in words that say what to do.
 *
 * @module
 */

const { duration } = require('./profiler-format.js');
const { texts } = require('./profiler-texts.js');

/**
 * @param {{ status?: number, message: string, retryAfter?: number }} error
 * @returns {string} our sentence, then the server's
 */
function errorText({ status = 500, message, retryAfter }) {
  const key = `error.${status}`;
  const known = texts.has(key) ? key : 'error.500';
  const after = retryAfter ? texts('retryAfter', { time: duration(retryAfter * 1000) }) : '';
  // What the browser says of a connection is no help.
  return [texts(known), after, status === 0 ? '' : message].filter(Boolean).join(' · ');
}

module.exports = { errorText };
