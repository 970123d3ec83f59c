'use strict';

/**
 * Rules and the other options of `watch()` in a file of JSON:
 *
 *     { "dir": "/var/tmp/captures",
 *       "rules": [{ "when": "heapUsed > 80% of heapLimit for 30s", "actions": ["heapSnapshot"] }],
 *       "limits": { "cooldown": "1h" } }
 *
 * @module
 */

const fs = require('node:fs');
const { RsprofError, codeFromSystem, invalidArgument } = require('../errors.js');
const { didYouMean } = require('./condition/nearest.js');
const { findJsonError } = require('./json-error.js');
const { readRules } = require('./rules.js');

/** Nobody writes more. */
const MOST_BYTES = 2 ** 20;

/** What a file may set; `$schema` is for editors. */
const FIELDS = Object.freeze([
  'rules',
  'limits',
  'dir',
  'interval',
  'dryRun',
  'blackbox',
  '$schema',
]);

/** Of a pipe nobody knows when it ends, and opening it waits for whoever writes. */
const FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK;

/** What to do about it. */
const ADVICE = Object.freeze({
  EISDIR: 'give the path of the file in it',
  EACCES: 'grant this user read access',
  EPERM: 'grant this user read access',
  ERR_ACCESS_DENIED: 'start node with --allow-fs-read for this file',
});

function readAll(file, descriptor) {
  const stats = fs.fstatSync(descriptor);
  if (stats.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
  if (!stats.isFile())
    throw new RsprofError(
      'ERR_RSPROF_IO',
      `rsprof reads rules from regular files; ${file} is none`,
    );
  const buffer = Buffer.alloc(MOST_BYTES + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length < buffer.length; length += read) {
    read = fs.readSync(descriptor, buffer, length, buffer.length - length, null);
  }
  if (length > MOST_BYTES)
    throw invalidArgument(`${file} is larger than ${MOST_BYTES} bytes: no file of rules is`);
  return buffer.toString('utf8', 0, length);
}

function readError(error, file) {
  if (error instanceof RsprofError) return error;
  const advice = ADVICE[error.code] ?? 'check the path';
  const message = `rsprof cannot read rules from ${file}: ${error.message}; ${advice}`;
  return new RsprofError(codeFromSystem(error.code), message, { cause: error });
}

function readText(file) {
  let descriptor;
  try {
    descriptor = fs.openSync(file, FLAGS);
    return readAll(file, descriptor);
  } catch (error) {
    throw readError(error, file);
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/** A mark of the byte order at the beginning is no part of the text. */
const withoutMark = (text) => (text.startsWith('\ufeff') ? text.slice(1) : text);

function parseJson(text, file) {
  try {
    return JSON.parse(text);
  } catch (error) {
    const place = findJsonError(text);
    if (!place) throw invalidArgument(`${file} is no JSON: ${error.message}`);
    throw invalidArgument(`${file}:${place.line}:${place.column}: no JSON: ${place.message}`);
  }
}

function checkFields(value, file) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    const kind = Array.isArray(value) ? 'an array; write { "rules": [...] }' : String(value);
    throw invalidArgument(`${file} must hold an object with rules; it holds ${kind}`);
  }
  for (const name of Object.keys(value)) {
    if (FIELDS.includes(name)) continue;
    const hint = didYouMean(name, FIELDS, `it takes ${FIELDS.slice(0, -1).join(', ')}`);
    throw invalidArgument(`${file} has no ${JSON.stringify(name.slice(0, 100))}; ${hint}`);
  }
}

/**
 * Reads a file of rules. Synchronous: it is read once, before a program begins.
 *
 * @param {string} file its path
 * @param {object} [how] as of `readRules()`, and `readLimits` instead of that of limits.js
 * @returns {{ rules?: import('./rules.js').Rule[], limits?: object }} options of `watch()`: what the file sets.
 *   The limits are checked, and as they were written
 * @throws {RsprofError} NOT_FOUND, ACCESS, IS_DIRECTORY, IO; INVALID_ARG naming file and field
 */
function readRulesFile(file, how = {}) {
  const given = parseJson(withoutMark(readText(file)), file);
  checkFields(given, file);
  const { $schema: _, rules, ...options } = given;
  const readLimits = how.readLimits ?? require('./limits.js').readLimits;
  const limits = readLimits(options.limits, `${file}: limits`);
  if (rules === undefined) return options;
  return { ...options, rules: readRules(rules, `${file}: rules`, { ...how, limits }) };
}

module.exports = { readRulesFile };
