'use strict';

/**
 * `signature()`: a heap snapshot in less than a megabyte, to be kept and compared instead of the file.
 *
 * @module
 */

const { runAnalysis } = require('./analysis-engine.js');
const { describeFile } = require('./heap-file.js');
const { readPath, resolveOptions } = require('./options.js');
const { planFile } = require('./whole-file.js');

/**
 * Makes the signature of a heap snapshot. See index.d.ts.
 *
 * @param {string|URL} path
 * @param {object} [options]
 * @returns {Promise<object>}
 */
async function signature(path, options) {
  const name = readPath(path, 'the first argument of signature()');
  const settings = resolveOptions('signature', options);
  const file = await describeFile(name);
  const { out, overwrite } = settings;
  const target = out === undefined ? null : planFile(out, { overwrite, inputs: [file.path] });
  const text = await runAnalysis({
    start: (addon, report) => addon.heapSignature(file.path, report),
    file: file.path,
    settings,
  });
  await target?.write(text);
  return {
    path: target?.path ?? null,
    bytes: Buffer.byteLength(text),
    signature: JSON.parse(text),
  };
}

module.exports = { signature };
