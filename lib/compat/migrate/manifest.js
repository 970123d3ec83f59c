'use strict';

/**
 * What `npx rsprof migrate` makes of a package.json for npm.
 *
 * npm takes a folder inside of an installed package for a dependency, and an override `$name` hands a
 * dependency of the project to everybody below it: so each name becomes a dependency on its folder in
 * `compat/packages`, and an override. The lock file keeps both, and `npm ci` follows it.
 *
 * @module
 */

const { invalidArgument } = require('../../errors.js');
const { setIn } = require('./json-text.js');

const SECTIONS = Object.freeze(['dependencies', 'devDependencies', 'optionalDependencies']);

/** Where the versions stand that were asked for before. */
const KEPT = Object.freeze(['rsprof', 'replaced']);

const folderOf = (name) => `file:node_modules/rsprof/compat/packages/${name}`;
const referenceTo = (name) => `$${name}`;

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * @param {string} text of a package.json
 * @returns {object}
 * @throws {RsprofError} INVALID_ARG for what is none
 */
function readManifest(text) {
  const manifest = parsed(text);
  if (!isObject(manifest)) throw invalidArgument('package.json is not a JSON object');
  for (const section of [...SECTIONS, 'overrides', 'rsprof']) {
    const value = manifest[section];
    if (value === undefined || isObject(value)) continue;
    throw invalidArgument(`${section} of package.json is not an object; repair it first`);
  }
  return manifest;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalidArgument(`package.json is not JSON: ${error.message}; repair it first`);
  }
}

const sectionOf = (manifest, name) =>
  SECTIONS.find((section) => Object.hasOwn(manifest[section] ?? {}, name));

/** @returns {boolean} whether the project itself depends on `name` */
const dependsOn = (manifest, name) => sectionOf(manifest, name) !== undefined;

/** An override of the user's own for the same name is theirs to remove. */
function checkOverride(manifest, name) {
  const override = manifest.overrides?.[name];
  if (override === undefined || override === referenceTo(name)) return;
  throw invalidArgument(
    `package.json has an override for ${name} (${JSON.stringify(override)}); remove it first`,
  );
}

function replaceOne(text, name) {
  const manifest = JSON.parse(text);
  checkOverride(manifest, name);
  const section = sectionOf(manifest, name) ?? 'dependencies';
  const before = manifest[section]?.[name];
  let changed = setIn(text, [section, name], folderOf(name));
  changed = setIn(changed, ['overrides', name], referenceTo(name));
  const isNews = before !== undefined && before !== folderOf(name);
  return isNews ? setIn(changed, [...KEPT, name], before) : changed;
}

/**
 * @param {string} text of a package.json
 * @param {string[]} names of packages that rsprof stands in for
 * @returns {string} the same text where nothing is left to do
 * @throws {RsprofError} INVALID_ARG
 */
function replaceIn(text, names) {
  readManifest(text);
  return names.reduce(replaceOne, text);
}

function restoreOne(text, name) {
  const manifest = JSON.parse(text);
  const section = sectionOf(manifest, name);
  const before = manifest[KEPT[0]]?.[KEPT[1]]?.[name];
  let changed = text;
  if (section && manifest[section][name] === folderOf(name))
    changed = setIn(changed, [section, name], before);
  if (manifest.overrides?.[name] === referenceTo(name))
    changed = setIn(changed, ['overrides', name], undefined);
  return before === undefined ? changed : setIn(changed, [...KEPT, name], undefined);
}

/**
 * Takes {@link replaceIn} back.
 *
 * @param {string} text of a package.json
 * @param {string[]} names
 * @returns {string}
 * @throws {RsprofError} INVALID_ARG
 */
function restoreIn(text, names) {
  readManifest(text);
  return names.reduce(restoreOne, text);
}

module.exports = { dependsOn, readManifest, replaceIn, restoreIn };
