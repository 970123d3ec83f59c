'use strict';

/**
 * What the Markdown outputs are put together from, for an issue on GitHub and its like.
 *
 * @module
 */

const { percent, size } = require('../../units.js');
const { code, markdown, markdownProse } = require('../../escape.js');
const { objectLabel, shortPlace, shownSteps } = require('../labels.js');

/** A text is cut to so many characters: a cell is no place for a thousand. */
const LONGEST = 120;

/** A path is shown in so many steps. */
const STEPS = 12;

function short(text) {
  const characters = [...String(text)];
  return characters.length <= LONGEST ? String(text) : `${characters.slice(0, LONGEST).join('')}…`;
}

/** A name of the snapshot as code. */
function name(text) {
  return code(short(text));
}

/**
 * @param {{ title: string, right?: boolean }[]} columns
 * @param {string[][]} rows Markdown
 * @returns {string}
 */
function table(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = columns.map(({ right }) => (right ? '--:' : '---'));
  return [line(columns.map(({ title }) => title)), line(rule), ...rows.map(line)].join('\n');
}

const left = (title) => ({ title });
const right = (title) => ({ title, right: true });

function stepRow({ label, object, skipped }) {
  if (skipped) return [`… ${skipped} more`, '', '', ''];
  const place = shortPlace(object.location);
  return [
    label && name(label),
    name(objectLabel(object)) + (place && ` ${name(place)}`),
    size(object.retainedSize),
    percent(object.share),
  ];
}

/** The steps of a path as a table. */
function pathTable(path) {
  const columns = [left('reference'), left('object'), right('retained'), right('share')];
  return table(columns, shownSteps(path, STEPS).map(stepRow));
}

/** Folded away until it is asked for; `summary` is a text of ours. */
function details(summary, body) {
  return `<details>\n<summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** Blocks with an empty line between them; what is empty is left out. */
function document(blocks) {
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}

module.exports = {
  details,
  document,
  left,
  markdown,
  markdownProse,
  name,
  pathTable,
  right,
  table,
};
