'use strict';

/**
 * `analyze()`: a heap snapshot file, and who holds the memory.
 *
 * @module
 */

const { performance } = require('node:perf_hooks');
const { runAnalysis } = require('./analysis-engine.js');
const { describeFile, findSidecar } = require('./heap-file.js');
const { readPath, resolveOptions } = require('./options.js');
const { unseenMemory } = require('./unseen-memory.js');

/**
 * Analyses a heap snapshot. See index.d.ts.
 *
 * @param {string|URL} path
 * @param {object} [options]
 * @returns {Promise<object>}
 */
async function analyze(path, options) {
  const name = readPath(path, 'the first argument of analyze()');
  const settings = resolveOptions('analyze', options);
  const begin = performance.now();
  const file = await describeFile(name);
  const sidecar = await findSidecar(file);
  const text = await runAnalysis({
    start: (addon, report) => addon.analyzeHeap(file.path, { top: settings.top }, report),
    file: file.path,
    settings,
  });
  const { kind, verdict, overview, ...rest } = JSON.parse(text);
  const rss = unseenMemory(overview, sidecar);
  const durationMs = performance.now() - begin;
  return { kind, file, verdict, overview, rss, ...rest, sidecar, durationMs };
}

module.exports = { analyze };
