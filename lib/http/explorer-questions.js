'use strict';

/**
 * What can be asked of an open file, and what belongs to each question. Arguments may come from a query
 * string: numbers are taken as text, too.
 *
 * @module
 */

const { inspect: shown } = require('node:util');
const { invalidArgument } = require('../errors.js');
const { parseId } = require('../inspect.js');

const SORTS = Object.freeze(['retained', 'self', 'count', 'name']);

/** Rows of a page. */
const USUAL_LIMIT = 100;
const MOST_ROWS = 1000;

/** Rows before a page: there are no more nodes. */
const MOST_OFFSET = 2 ** 32 - 1;

const MOST_TEXT = 1000;

const isMissing = (value) => value === undefined || value === null || value === '';

function integer(name, least, most, usual) {
  return (value) => {
    if (isMissing(value)) return usual;
    const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
    if (Number.isInteger(number) && number >= least && number <= most) return number;
    throw invalidArgument(
      `'${name}' must be a whole number from ${least} to ${most}; got ${shown(value)}`,
    );
  };
}

function id(name, usual) {
  return (value) => {
    if (isMissing(value) && usual !== undefined) return usual;
    const number = parseId(value);
    if (number !== undefined) return number;
    throw invalidArgument(
      `'${name}' must be the id of an object, such as 65893; got ${shown(value)}`,
    );
  };
}

function text(name, usual) {
  return (value) => {
    if (isMissing(value) && usual !== undefined) return usual;
    if (typeof value === 'string' && value.length <= MOST_TEXT) return value;
    throw invalidArgument(`'${name}' must be a text of at most ${MOST_TEXT} characters`);
  };
}

function sort(value) {
  if (isMissing(value)) return SORTS[0];
  if (SORTS.includes(value)) return value;
  throw invalidArgument(`'sort' must be one of ${SORTS.join(', ')}; got ${shown(value)}`);
}

const offset = integer('offset', 0, MOST_OFFSET, 0);
const limit = integer('limit', 1, MOST_ROWS, USUAL_LIMIT);

/**
 * Question -> of which kind of file it is asked, and what reads each argument.
 *
 * @type {Record<string, { kind: 'heapSnapshot'|'profile'|null, arguments: Record<string, Function> }>}
 */
const QUESTIONS = Object.freeze({
  report: { kind: null, arguments: {} },
  inspect: { kind: 'heapSnapshot', arguments: { id: id('id'), limit } },
  classes: { kind: 'heapSnapshot', arguments: { search: text('search', ''), sort, offset, limit } },
  objects: { kind: 'heapSnapshot', arguments: { class: text('class'), offset, limit } },
  dominators: { kind: 'heapSnapshot', arguments: { object: id('object', null), offset, limit } },
  flame: { kind: 'profile', arguments: {} },
});

/**
 * @param {string} question one of {@link QUESTIONS}
 * @param {object} [given] what is not known is an error
 * @returns {object} every argument of the question
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG`
 */
function readQuestion(question, given = {}) {
  if (!Object.hasOwn(QUESTIONS, question)) {
    const known = Object.keys(QUESTIONS).join(', ');
    throw invalidArgument(`there is no question ${shown(question)}; there are ${known}`);
  }
  const readers = QUESTIONS[question].arguments;
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(readers, name));
  if (unknown !== undefined) {
    throw invalidArgument(`the question '${question}' takes no ${shown(unknown)}`);
  }
  const read = ([name, reader]) => [name, reader(given[name])];
  return Object.fromEntries(Object.entries(readers).map(read));
}

module.exports = { MOST_ROWS, QUESTIONS, readQuestion };
