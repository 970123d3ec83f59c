'use strict';

/**
 * Texts from a snapshot, made harmless for where they are shown. Whatever is in a heap is anybody's: a
 * user of the server may have chosen the name of a property.
 *
 * @module
 */

const { UNSAFE, hex, visible } = require('./visible.js');
const { proseParts } = require('./prose.js');

/** One unit of UTF-16 after the other: JSON knows no other escapes. */
function units(character) {
  if (character === '\n') return character;
  return character
    .split('')
    .map((unit) => `\\u${hex(unit.charCodeAt(0), 4)}`)
    .join('');
}

/** JSON of the same value in which no raw control is left, so that it may be printed on a terminal. */
function json(value, indent) {
  return JSON.stringify(value, null, indent).replace(UNSAFE, units);
}

const ENTITIES = Object.freeze({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
});

/** For HTML text and quoted attributes. */
function html(text) {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** An empty comment breaks what GitHub would make a mention or a reference of. */
const BREAK = '<!-- -->';

const MARKUP = /@\d+\b|[\\`*_{}[\]<>|~&@]|#(?=\d)|:(?=\/\/)|\bwww(?=\.)/gi;

function plain(found) {
  if (found === '@' || found === '#') return found + BREAK;
  if (found[0] === '@') return code(found);
  if (found === '&') return '&amp;';
  return found.length > 1 ? found + BREAK : `\\${found}`;
}

/** No list, heading or rule begins with a text. */
const lineStart = (text) => text.replace(/^(\s*)([-+#=]|\d+[.)])/, '$1\\$2');

const inline = (text) => visible(text).replace(MARKUP, plain);

/**
 * For Markdown text: no markup, no HTML, no links, and nobody is mentioned. Ids (`@65893`) become code.
 */
function markdown(text) {
  return lineStart(inline(text));
}

/** The same for a sentence of ours, where what stands in backticks is code. */
function markdownProse(text) {
  const parts = proseParts(text);
  return lineStart(
    parts.map(({ text: part, isCode }) => (isCode ? code(part) : inline(part))).join(''),
  );
}

const ENTITY = /[^a-z\d\s]/giu;

/**
 * For Markdown: code, also in the cell of a table. Backticks and bars cannot be quoted there in a way
 * that every reader understands: such names are entities, of which nothing can be made.
 */
function code(text) {
  const shown = visible(text);
  if (!/[`|]/.test(shown) && shown.trim() === shown && shown !== '') return `\`${shown}\``;
  return `<code>${shown.replace(ENTITY, (one) => `&#${one.codePointAt(0)};`)}</code>`;
}

module.exports = { code, html, json, markdown, markdownProse, visible };
