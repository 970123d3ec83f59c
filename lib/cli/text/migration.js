'use strict';

/**
 * What `rsprof migrate` has done, or would do.
 *
 * @module
 */

const { visible } = require('../../escape.js');
const { lineDiff } = require('../../compat/migrate/line-diff.js');

const NEXT = 'Now run npm install.\n';

function nothing(names, undo) {
  if (undo) return 'package.json has nothing of rsprof migrate.\n';
  if (names.length > 0) return `${names.join(', ')}: rsprof stands in already.\n`;
  return 'Neither package.json nor its lock file knows a package that rsprof stands in for.\n';
}

/**
 * @param {object} plan of lib/compat/migrate.js
 * @param {{ isDry: boolean, undo: boolean }} how
 * @returns {string}
 */
function migrationText({ names, recipe, before, after }, { isDry, undo }) {
  if (recipe && names.length > 0) return recipe;
  if (before === after) return nothing(names, undo);
  const lines = lineDiff(before, after).split('\n').map(visible).join('\n');
  return `${lines}${isDry ? '' : `\n${NEXT}`}`;
}

module.exports = { migrationText };
