'use strict';

/**
 * `exportProfile()`: a CPU or allocation profile in the format of another tool.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { performance } = require('node:perf_hooks');
const { withEngine } = require('./analysis-engine.js');
const { fromSystemError, invalidArgument } = require('./errors.js');
const { describeFile, findSidecar } = require('./heap-file.js');
const { OPTIONS, readPath, resolveOptions } = require('./options.js');
const { loadProfile } = require('./profile-file.js');
const { planFile } = require('./whole-file.js');

/** Neither option has a default: what they are is all that the call is about. */
function readOptions(options) {
  const settings = resolveOptions('exportProfile', options);
  if (settings.format === undefined) {
    const formats = OPTIONS.format.values.join(', ');
    throw invalidArgument(`exportProfile() needs the option 'format': one of ${formats}`);
  }
  if (settings.out === undefined) {
    throw invalidArgument("exportProfile() needs the option 'out': the path of the file to write");
  }
  return settings;
}

/** What is not in the profile itself; undefined is not known. */
function describe(file, sidecar, { format }) {
  const started = Date.parse(sidecar?.startedAt);
  const startedAt = Number.isNaN(started) ? undefined : started;
  return { format, title: path.basename(file.path), startedAt };
}

/** What stands around the graph of a page: the verdict before it. */
async function pageAround(run, profile) {
  const report = JSON.parse(await run(() => profile.report({ top: 1 })));
  return require('./flame-page.js').flamePageParts(report);
}

/** A file that is half written when this thread is terminated is removed; the engine has loaded the addon. */
const guardFile = (partial) => require('../native/index.js').guardFile(partial);

/**
 * Writes a profile that the engine has read.
 *
 * @param {Function} run of `withEngine()`
 * @param {object} profile the addon's `ProfileFile`
 * @param {{ path: string, bytes: number }} file it was read from
 * @param {string} format
 * @param {object} target of `planFile()`
 */
async function writeProfile(run, profile, file, format, target) {
  const described = describe(file, await findSidecar(file), { format });
  const page = format === 'html' ? await pageAround(run, profile) : {};
  const toError = (error) => fromSystemError(error, 'write', target.path);
  const write = (partial) =>
    run((_, report) => profile.write({ ...described, ...page, path: partial }, report), toError);
  await target.fill(write, guardFile);
}

/**
 * Exports a profile. See index.d.ts.
 *
 * @param {string|URL} path
 * @param {object} options
 * @returns {Promise<object>}
 */
async function exportProfile(path, options) {
  const name = readPath(path, 'the first argument of exportProfile()');
  const settings = readOptions(options);
  const { format, out, overwrite } = settings;
  const begin = performance.now();
  const file = await describeFile(name);
  const target = planFile(out, { overwrite, inputs: [file.path] });
  await withEngine({ file: file.path, settings }, async (run) => {
    const texts = format === 'html';
    const { profile } = await loadProfile(run, file.path, { ...settings, texts });
    try {
      await writeProfile(run, profile, file, format, target);
    } finally {
      profile.release();
    }
  });
  const { size: bytes } = await fs.promises.stat(target.path);
  return { path: target.path, bytes, format, durationMs: performance.now() - begin };
}

module.exports = { exportProfile, writeProfile };
