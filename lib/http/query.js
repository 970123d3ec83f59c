'use strict';

/**
 * Parameters of a request: what stands behind the question mark, checked against what the route takes.
 *
 * @module
 */

const { invalidArgument } = require('../errors.js');

/**
 * A parameter: `read` gives its value, or undefined for what is not allowed.
 *
 * @typedef {{ read: (text: string) => unknown, allowed: string, default?: unknown }} Field
 */

const DECIMAL = /^\d{1,15}(\.\d{1,9})?$/;

/** @returns {Field} */
const number = (min, max, fallback) => ({
  read(text) {
    const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  },
  allowed: `a number from ${min} to ${max}`,
  default: fallback,
});

/** @returns {Field} */
const integer = (min, max, fallback) => ({
  read(text) {
    const value = number(min, max).read(text);
    return Number.isInteger(value) ? value : undefined;
  },
  allowed: `an integer from ${min} to ${max}`,
  default: fallback,
});

/** @returns {Field} */
const choice = (values, fallback) => ({
  read: (text) => (values.includes(text) ? text : undefined),
  allowed: `one of ${values.join(', ')}`,
  default: fallback,
});

/** What would end a line, in a log or on a screen. */
const CONTROL = /\p{Cc}|\u2028|\u2029/u;

/** One line: it goes into sidecars and logs. @returns {Field} */
const line = (most) => ({
  read: (text) => (text.length <= most && !CONTROL.test(text) ? text : undefined),
  allowed: `a text of at most ${most} characters in one line`,
});

/** A name alone means yes. */
const FLAGS = new Map([
  ['', true],
  ['1', true],
  ['true', true],
  ['0', false],
  ['false', false],
]);

/** @returns {Field} */
const flag = () => ({
  read: (text) => FLAGS.get(text),
  allowed: '1 or 0',
  default: false,
});

/** @returns {Field} */
const matching = (shape, allowed) => ({
  read: (text) => (shape.test(text) ? text : undefined),
  allowed,
});

function readOne(name, values, field) {
  if (values.length > 1) throw invalidArgument(`the parameter '${name}' stands there twice`);
  const value = field.read(values[0]);
  if (value !== undefined) return value;
  const got = JSON.stringify(values[0].slice(0, 100));
  throw invalidArgument(`the parameter '${name}' must be ${field.allowed}; got ${got}`);
}

/**
 * @param {string} search with its question mark, or `''`
 * @param {Record<string, Field>} [fields] what the route takes
 * @returns {Record<string, unknown>} without those that were left out and have no default
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG` naming the parameter
 */
function readQuery(search, fields = {}) {
  const given = new URLSearchParams(search);
  for (const name of given.keys()) {
    if (Object.hasOwn(fields, name)) continue;
    const takes = Object.keys(fields).join(', ') || 'none';
    throw invalidArgument(
      `there is no parameter ${JSON.stringify(name.slice(0, 100))} here; this route takes ${takes}`,
    );
  }
  const query = {};
  for (const [name, field] of Object.entries(fields)) {
    if (given.has(name)) query[name] = readOne(name, given.getAll(name), field);
    else if (field.default !== undefined) query[name] = field.default;
  }
  return query;
}

module.exports = { choice, flag, integer, line, matching, number, readQuery };
