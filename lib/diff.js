'use strict';

/**
 * `diff()`: what grew from one heap snapshot to the next, and where it is held; what got slower or faster
 * from one profile to the next.
 *
 * @module
 */

const { performance } = require('node:perf_hooks');
const { withEngine } = require('./analysis-engine.js');
const { invalidArgument } = require('./errors.js');
const { describeFile, findSidecar } = require('./heap-file.js');
const { readPath, resolveOptions } = require('./options.js');
const { fileKind, loadProfile } = require('./profile-file.js');

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

/** A file with when it was taken, and whether it is a signature: that is told before the engine reads. */
async function describe(path) {
  const { isSignature, ...file } = await describeFile(path, { orSignature: true });
  const sidecar = await findSidecar(file);
  return { isSignature, file: { ...file, takenAt: sidecar?.startedAt ?? null } };
}

/** What all of them are. */
async function kindOf(run, files) {
  const kinds = [];
  for (const { isSignature, file } of files) {
    kinds.push(isSignature ? 'heapSnapshot' : await fileKind(run, file.path));
  }
  if (kinds.every((kind) => kind === kinds[0])) return kinds[0];
  throw invalidArgument('diff() compares files of one kind; got heap snapshots and profiles');
}

async function diffHeaps(run, names, { top }) {
  return JSON.parse(await run((addon, report) => addon.diffHeaps(names, { top }, report)));
}

async function diffProfiles(run, names, settings) {
  if (names.length !== 2) {
    throw invalidArgument(`diff() compares two profiles, the older one first; got ${names.length}`);
  }
  const { profile: before } = await loadProfile(run, names[0], settings);
  const { profile: after } = await loadProfile(run, names[1], settings);
  return JSON.parse(await run(() => after.diff(before, { top: settings.top })));
}

/**
 * Compares captures of one kind. See index.d.ts.
 *
 * @param {...unknown} values paths, oldest first, then the options
 * @returns {Promise<object>}
 */
async function diff(...values) {
  const { paths, settings } = readArguments(values);
  const begin = performance.now();
  const described = await Promise.all(paths.map(describe));
  const files = described.map(({ file }) => file);
  const names = files.map((file) => file.path);
  const found = await withEngine({ file: names.join(', '), settings }, async (run) => {
    const kind = await kindOf(run, described);
    return kind === 'profile'
      ? diffProfiles(run, names, settings)
      : diffHeaps(run, names, settings);
  });
  const told = files.map((file, at) => ({ ...file, ...found.files?.[at] }));
  return { ...found, files: told, durationMs: performance.now() - begin };
}

module.exports = { diff };
