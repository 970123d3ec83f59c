'use strict';

/**
 * `npx rsprof migrate`: has a project, its dependencies included, use rsprof in the place of the packages of
 * lib/compat/names.js.
 *
 * @module
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { RsprofError, fromSystemError, invalidArgument } = require('../errors.js');
const { planFile } = require('../whole-file.js');
const { REPLACED } = require('./names.js');
const { lockedNames, recipeFor } = require('./migrate/managers.js');
const { dependsOn, readManifest, replaceIn, restoreIn } = require('./migrate/manifest.js');

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw fromSystemError(error, 'read', file);
  }
}

/** Whether git knows of changes to the file that are not committed; false where there is no git. */
function isDirty(file) {
  try {
    const args = ['status', '--porcelain', '--', path.basename(file)];
    const stdio = ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', args, { cwd: path.dirname(file), stdio }).length > 0;
  } catch {
    return false;
  }
}

function checkClean(file) {
  if (!isDirty(file)) return;
  throw new RsprofError(
    'ERR_RSPROF_INVALID_ARG',
    `${file} has changes that are not committed; commit them first, or pass --force`,
  );
}

function checkNames(names) {
  const unknown = names.find((name) => !Object.hasOwn(REPLACED, name));
  if (unknown === undefined) return;
  const known = Object.keys(REPLACED).join(', ');
  throw invalidArgument(`rsprof does not stand in for ${unknown}, but for ${known}`);
}

/** The names that the project or anything below it uses. */
function usedNames(folder, manifest) {
  const locked = new Set(lockedNames(folder));
  return Object.keys(REPLACED).filter((name) => dependsOn(manifest, name) || locked.has(name));
}

function checkInstalled(manifest) {
  if (dependsOn(manifest, 'rsprof')) return;
  throw invalidArgument('package.json does not depend on rsprof; run npm install rsprof first');
}

/**
 * Works out what is to be changed. Changes nothing.
 *
 * @param {object} options
 * @param {string} options.folder of the package.json
 * @param {string[]} options.names of packages; those that the project uses where there are none
 * @param {boolean} options.undo take it back
 * @param {boolean} options.force though package.json has changes that are not committed
 * @returns {{ names: string[], recipe: string|null, before: string, after: string, write(): Promise<void> }}
 *   `recipe`: in words, where npm is not in charge; nothing is written then
 * @throws {RsprofError} NOT_FOUND, ACCESS, INVALID_ARG
 */
function planMigration({ folder, names: wanted, undo, force }) {
  checkNames(wanted);
  const file = path.join(folder, 'package.json');
  const before = readText(file);
  const manifest = readManifest(before);
  const names =
    wanted.length > 0 ? wanted : undo ? Object.keys(REPLACED) : usedNames(folder, manifest);
  const words = undo ? null : recipeFor(folder, names);
  if (words) return { names, recipe: words, before, after: before, write: async () => {} };
  if (!undo) checkInstalled(manifest);
  const after = undo ? restoreIn(before, names) : replaceIn(before, names);
  const write = async () => {
    if (after === before) return;
    if (!force) checkClean(file);
    const { mode } = fs.statSync(file);
    await planFile(file, { overwrite: true, inputs: [] }).write(after);
    fs.chmodSync(file, mode);
  };
  return { names, recipe: null, before, after, write };
}

module.exports = { planMigration };
