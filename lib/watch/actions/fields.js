'use strict';

/**
 * The fields of one action: checked against a table of rows (as that of lib/options.js), each message
 * naming the field: `rules[0].actions[1].seconds must be …`.
 *
 * @module
 */

const { RsprofError, invalidArgument } = require('../../errors.js');
const { optionNames, readValue, resolveOptions, rowFor } = require('../../options.js');
const { readBody, readTemplate } = require('./template.js');

/** Options of captures that a rule decides by itself. */
const NOT_OF_RULES = new Set([
  'path',
  'dir',
  'overwrite',
  'signal',
  'reason',
  'onProgress',
  'analyze',
]);

/** Types beyond those of lib/options.js: `(value, where) => value as it is used`. */
const READERS = Object.freeze({ template: readTemplate, body: readBody });

/** An id is a name in templates, where a dot ends it. */
const ID = /^[A-Za-z][\w-]{0,63}$/;

/** What every action takes. */
const COMMON = Object.freeze({
  type: { type: 'string' },
  id: { type: 'string' },
  timeout: { type: 'number', min: 0.001, max: 86_400, unit: 'seconds' },
  onFailure: { type: 'choice', values: ['continue', 'stop'], default: 'continue' },
});

function readField(value, row, where) {
  const reader = READERS[row.type];
  return reader ? reader(value, where) : readValue(value, row, where);
}

function checkNames(given, rows, where) {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(rows, name)) continue;
    const known = Object.keys(rows).join(', ');
    throw invalidArgument(`${where}.${name} is not known; ${given.type} takes ${known}`);
  }
}

function checkId(id, where) {
  if (id === undefined || ID.test(id)) return;
  const allowed = 'a name of letters, digits, _ and - that begins with a letter';
  throw invalidArgument(`${where}.id must be ${allowed}; got ${JSON.stringify(id)}`);
}

/**
 * @param {object} given what the user wrote, with its `type`
 * @param {object} own rows of this type of action
 * @param {string} where it stands
 * @returns {object} every field with its value (undefined where it has no default)
 * @throws {RsprofError} INVALID_ARG naming the field
 */
function readFields(given, own, where) {
  const rows = { ...COMMON, ...own };
  checkNames(given, rows, where);
  const fields = {};
  for (const [name, row] of Object.entries(rows)) {
    const value = given[name];
    if (value !== undefined) fields[name] = readField(value, row, `${where}.${name}`);
    else if (row.needed) throw invalidArgument(`${where}.${name} is missing`);
    else fields[name] = row.default;
  }
  checkId(fields.id, where);
  return fields;
}

/**
 * The options of a capture that an action takes, without defaults: these are filled in when it runs.
 *
 * @param {string} call such as `heapSnapshot`
 * @returns {object} rows by name
 */
function captureRows(call) {
  const names = optionNames(call).filter((name) => !NOT_OF_RULES.has(name));
  return Object.fromEntries(
    names.map((name) => [name, { ...rowFor(name, call), default: undefined }]),
  );
}

/**
 * What of the fields are options of the capture; options that do not go together are found here.
 *
 * @param {string} call
 * @param {object} fields
 * @param {string} where
 * @returns {object}
 * @throws {RsprofError} INVALID_ARG
 */
function captureOptions(call, fields, where) {
  const given = Object.entries(fields).filter(
    ([name, value]) => !Object.hasOwn(COMMON, name) && value !== undefined,
  );
  const options = Object.fromEntries(given);
  try {
    resolveOptions(call, options);
  } catch (error) {
    throw new RsprofError(error.code, `${where}: ${error.message}`, { cause: error });
  }
  return options;
}

module.exports = { captureOptions, captureRows, readFields };
