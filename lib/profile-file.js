'use strict';

/**
 * CPU and allocation profiles in files, as the engine has them.
 *
 * @module
 */

const { lookUpSources } = require('./source-frames.js');

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
 * Reads a profile, and puts sources in the place of what was compiled from them.
 *
 * @param {(start: Function) => Promise<string>} run of `withEngine()`
 * @param {string} file
 * @param {{ sourceMaps: boolean, texts?: boolean, signal?: AbortSignal }} settings `texts`: of hot lines, too
 * @returns {Promise<{ profile: object, scripts: object }>} the addon's `ProfileFile`, and how many scripts
 *   had maps
 */
async function loadProfile(run, file, settings) {
  let profile;
  const text = await run((addon, report) => {
    profile = new addon.ProfileFile(file);
    return profile.load(report);
  });
  const { sourceMaps, texts = false, signal } = settings;
  // Without them the functions need not even be listed here.
  const known = sourceMaps || texts ? JSON.parse(text).frames : [];
  const { frames, scripts } = await lookUpSources(known, { sourceMaps, texts, signal });
  if (frames.length > 0) await run(() => profile.map(JSON.stringify(frames)));
  return { profile, scripts };
}

module.exports = { fileKind, loadProfile };
