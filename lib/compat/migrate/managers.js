'use strict';

/**
 * Package managers by their lock files: what these say is installed, and how those that are not npm are told
 * to take a package from a folder of rsprof.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { REPLACED } = require('../names.js');

const NAMES = Object.keys(REPLACED);

/** @type {Record<string, { lists: (text: string) => string[], recipe?: (names: string[]) => string }>} */
const LOCKS = Object.freeze({
  'pnpm-lock.yaml': { lists: listedAsText, recipe: pnpmRecipe },
  'yarn.lock': { lists: listedAsText, recipe: yarnRecipe },
  'package-lock.json': { lists: listedAsFolders },
});

/** npm lists the folders of packages, however deep. */
function listedAsFolders(text) {
  const folders = Object.keys(JSON.parse(text).packages ?? {});
  const found = new Set(folders.map((one) => one.slice(one.lastIndexOf('node_modules/') + 13)));
  return NAMES.filter((name) => found.has(name));
}

/** `heapdump@…`, quoted or not; older pnpm writes `/heapdump/…` or `/heapdump@…`. */
function listedAsText(text) {
  return NAMES.filter((name) =>
    new RegExp(`(?:^|[\\s"'])(?:/${name}[@/]|${name}@)`, 'm').test(text),
  );
}

const linkTo = (name) => `link:./node_modules/rsprof/compat/packages/${name}`;

function pnpmRecipe(names) {
  const lines = names.map((name) => `    ${JSON.stringify(name)}: ${linkTo(name)}\n`);
  return `This project is pnpm's, and rsprof must be among its dependencies. Add to pnpm-workspace.yaml
(before pnpm 10: to "pnpm": { "overrides": … } of package.json), then run pnpm install:

  overrides:
${lines.join('')}`;
}

function yarnRecipe(names) {
  const lines = names.map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(linkTo(name))}\n`);
  return `This project is yarn's, and rsprof must be among its dependencies. Add to "resolutions" of package.json,
and write the same wherever "dependencies" has one of them, then run yarn install:

${lines.join('')}
With Plug'n'Play there are no such folders: node --require rsprof/compat/register instead.
`;
}

function readLock(folder, name) {
  try {
    return fs.readFileSync(path.join(folder, name), 'utf8');
  } catch {
    return undefined;
  }
}

/** @returns {string[]} those of the replaced packages that lock files say are installed, wherever below */
function lockedNames(folder) {
  return Object.entries(LOCKS).flatMap(([name, { lists }]) => {
    try {
      return lists(readLock(folder, name) ?? '');
    } catch {
      return [];
    }
  });
}

/** @returns {string|null} what to do, where another manager than npm is in charge */
function recipeFor(folder, names) {
  const lock = Object.keys(LOCKS).find(
    (name) => LOCKS[name].recipe && readLock(folder, name) !== undefined,
  );
  return lock ? LOCKS[lock].recipe(names) : null;
}

module.exports = { lockedNames, recipeFor };
