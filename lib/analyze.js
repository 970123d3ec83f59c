'use strict';

/**
 * `analyze()`: a heap snapshot, and who holds the memory; a CPU profile, and who burns the time; an
 * allocation profile, and who allocates.
 *
 * @module
 */

const { performance } = require('node:perf_hooks');
const { withEngine } = require('./analysis-engine.js');
const { describeFile, findSidecar } = require('./heap-file.js');
const { readPath, resolveOptions } = require('./options.js');
const { fileKind, loadProfile } = require('./profile-file.js');
const { unseenMemory } = require('./unseen-memory.js');

/** The report of a heap snapshot, of the engine's text. */
async function heapReport(file, text) {
  const sidecar = await findSidecar(file);
  const { kind, verdict, overview, ...rest } = JSON.parse(text);
  return { kind, file, verdict, overview, rss: unseenMemory(overview, sidecar), ...rest, sidecar };
}

/** The same of a profile; `scripts`: how many of them had maps. */
async function profileReport(file, text, scripts) {
  const sidecar = await findSidecar(file);
  const { kind, ...rest } = JSON.parse(text);
  return { kind, file, ...rest, sourceMaps: scripts, sidecar };
}

async function analyzeHeap(run, file, { top }) {
  return heapReport(
    file,
    await run((addon, report) => addon.analyzeHeap(file.path, { top }, report)),
  );
}

async function analyzeProfile(run, file, settings) {
  const { profile, scripts } = await loadProfile(run, file.path, { ...settings, texts: true });
  const { top } = settings;
  return profileReport(file, await run((_, report) => profile.report({ top }, report)), scripts);
}

/**
 * Analyses a capture, whichever kind its content is of. See index.d.ts.
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
  const report = await withEngine({ file: file.path, settings }, async (run) => {
    const kind = await fileKind(run, file.path);
    return kind === 'profile'
      ? analyzeProfile(run, file, settings)
      : analyzeHeap(run, file, settings);
  });
  return { ...report, durationMs: performance.now() - begin };
}

module.exports = { analyze, heapReport, profileReport };
