'use strict';

/**
 * `inspect()`: one object of a heap snapshot, what it holds and who holds it.
 *
 * @module
 */

const { performance } = require('node:perf_hooks');
const { inspect: shown } = require('node:util');
const { runAnalysis } = require('./analysis-engine.js');
const { invalidArgument } = require('./errors.js');
const { describeFile } = require('./heap-file.js');
const { readPath, resolveOptions } = require('./options.js');

/** V8's ids have 32 bits. */
const LARGEST = 2 ** 32 - 1;

/**
 * The number of an object, as V8 gives it.
 *
 * @param {unknown} value 65893, '65893' or '@65893'
 * @returns {number|undefined} undefined for what is none
 */
function parseId(value) {
  const id =
    typeof value === 'string' && /^@?\d+$/.test(value) ? Number(value.replace('@', '')) : value;
  return Number.isInteger(id) && id >= 0 && id <= LARGEST ? id : undefined;
}

function readId(value) {
  const id = parseId(value);
  if (id !== undefined) return id;
  const allowed = "the id of an object, such as 65893 or '@65893'";
  throw invalidArgument(`the second argument of inspect() must be ${allowed}; got ${shown(value)}`);
}

/**
 * Looks at one object. See index.d.ts.
 *
 * @param {string|URL} path
 * @param {number|string} id
 * @param {object} [options]
 * @returns {Promise<object>}
 */
async function inspect(path, id, options) {
  const name = readPath(path, 'the first argument of inspect()');
  const number = readId(id);
  const settings = resolveOptions('inspect', options);
  const request = { id: number, limit: settings.limit };
  const begin = performance.now();
  const file = await describeFile(name);
  const text = await runAnalysis({
    start: (addon, report) => addon.inspectHeap(file.path, request, report),
    file: file.path,
    settings,
  });
  return { file, ...JSON.parse(text), durationMs: performance.now() - begin };
}

module.exports = { inspect, parseId };
