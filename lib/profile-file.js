'use strict';

/**
 * CPU and allocation profiles in files, as the engine has them.
 *
 * @module
 */

/** A name tells what a file was meant to be where its content does not. */
const NAME = /\.(?:cpu|heap)profile(?:\.gz|\.zst)?$/i;

/**
 * What a file is, by its content.
 *
 * @param {(start: Function) => Promise<string>} run of `withEngine()`
 * @param {string} file
 * @returns {Promise<'heapSnapshot'|'profile'>} a guess for what is neither: reading it tells what is wrong
 */
async function fileKind(run, file) {
  const kind = await run((addon) => addon.fileKind(file));
  return kind || (NAME.test(file) ? 'profile' : 'heapSnapshot');
}

/**
 * Reads a profile.
 *
 * @param {(start: Function) => Promise<string>} run of `withEngine()`
 * @param {string} file
 * @returns {Promise<object>} the addon's `ProfileFile`, loaded
 */
async function loadProfile(run, file) {
  let profile;
  await run((addon, report) => {
    profile = new addon.ProfileFile(file);
    return profile.load(report);
  });
  return profile;
}

module.exports = { fileKind, loadProfile };
