'use strict';

/**
 * `diff()`: what grew from one heap snapshot to the next, and where it is held.
 *
 * @module
 */

const { performance } = require('node:perf_hooks');
const { runAnalysis } = require('./analysis-engine.js');
const { invalidArgument } = require('./errors.js');
const { describeFile, findSidecar } = require('./heap-file.js');
const { readPath, resolveOptions } = require('./options.js');

const isPath = (value) => typeof value === 'string' || value instanceof URL;

/** `(a, b, …more, options?)` taken apart. */
function readArguments(values) {
  const given = [...values];
  const options = isPath(given.at(-1)) ? undefined : given.pop();
  const paths = given.map((value, at) => readPath(value, `argument ${at + 1} of diff()`));
  if (paths.length < 2) {
    throw invalidArgument(`diff() compares two or more files, oldest first; got ${paths.length}`);
  }
  return { paths, settings: resolveOptions('diff', options) };
}

async function describe(path) {
  const file = await describeFile(path, { orSignature: true });
  const sidecar = await findSidecar(file);
  return { ...file, takenAt: sidecar?.startedAt ?? null };
}

/**
 * Compares heap snapshots, or signatures of them. See index.d.ts.
 *
 * @param {...unknown} values paths, oldest first, then the options
 * @returns {Promise<object>}
 */
async function diff(...values) {
  const { paths, settings } = readArguments(values);
  const begin = performance.now();
  const files = await Promise.all(paths.map(describe));
  const names = files.map((file) => file.path);
  const text = await runAnalysis({
    start: (addon, report) => addon.diffHeaps(names, { top: settings.top }, report),
    file: names.join(', '),
    settings,
  });
  const found = JSON.parse(text);
  found.files = found.files.map((figures, at) => ({ ...files[at], ...figures }));
  return { ...found, durationMs: performance.now() - begin };
}

module.exports = { diff };
