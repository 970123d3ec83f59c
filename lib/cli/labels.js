'use strict';

/**
 * What objects, edges and places are called in every kind of output. The texts are raw: each output
 * escapes them in its own way.
 *
 * @module
 */

const path = require('node:path');
const { count, percent, size } = require('../units.js');

/** `Room`, `"the text"`, `handler()`. */
function objectName({ name, kind }) {
  return name === '' ? `(${kind})` : name;
}

/** `Room @65893`. */
function objectLabel(object) {
  return `${objectName(object)} @${object.id}`;
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

const EDGES = {
  property: (name) => (IDENTIFIER.test(name) ? `.${name}` : `["${name}"]`),
  element: (name) => `[${name}]`,
  context: (name) => `${name} (variable)`,
  // V8 calls the variables around a function its context.
  internal: (name) => (name === 'context' ? 'scope' : `${name} (internal)`),
  hidden: (name) => `${name} (hidden)`,
  shortcut: (name) => name,
  weak: (name) => `${name} (weak)`,
};

/** `.rooms`, `[12]`, `theThing (variable)`. */
function edgeLabel({ kind, name }) {
  return (EDGES[kind] ?? String)(name);
}

/** `/srv/app/rooms.js:12:5`, or an empty text where the place is unknown. */
function placeLabel(location) {
  if (!location) return '';
  const { file, line, column } = location;
  return file === null ? `line ${line}:${column}` : `${file}:${line}:${column}`;
}

/** `rooms.js:12`, where there is little room. */
function shortPlace(location) {
  if (!location) return '';
  const { file, line } = location;
  return file === null ? `line ${line}` : `${path.basename(file)}:${line}`;
}

/** What each rule has found, as a title. */
const RULES = Object.freeze({
  object: 'One object holds much',
  group: 'Many objects of one class',
  'growing-array': 'An array that only grows',
  'growing-map': 'A Map or Set that only grows',
  'closure-context': 'Closures that share a context',
  listeners: 'Listeners that pile up',
  'module-children': 'Modules loaded again and again',
  timers: 'Timers that are never cleared',
  sockets: 'Sockets that stay',
  promises: 'Promises that never settle',
  'async-local-storage': 'Stores of an AsyncLocalStorage',
  'detached-context': 'Contexts that nobody uses any more',
  'external-memory': 'Memory outside the heap',
  'duplicate-strings': 'The same text many times',
});

/** A rule that is newer than this table is called by its own name. */
function ruleLabel(rule) {
  return RULES[rule] ?? rule;
}

/** `84.9 % of the heap, 104.2 MB, 31,356 objects`. */
function shareLabel({ share, retainedSize, count: objects }) {
  const parts = [`${percent(share)} of the heap`, size(retainedSize)];
  if (objects > 1) parts.push(`${count(objects)} objects`);
  return parts.join(', ');
}

/** A file name as it may be typed into a shell. */
function shellWord(name) {
  return /^[\w./@:+,=-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

const COMPRESSIONS = Object.freeze({ gzip: ', gzip', zstd: ', zstd', none: '' });

/** `27.1 MB`, `5.7 MB, gzip`. */
function fileLabel({ bytes, compression }) {
  return size(bytes) + COMPRESSIONS[compression];
}

/**
 * The steps of a path as they are shown: of a long one the middle is left out.
 *
 * @param {object[]} path steps of the report
 * @param {number} most steps that are shown
 * @returns {({ label: string, object: object, isEnd: boolean, isInternal: boolean } | { skipped: number })[]}
 *   where steps are left out, their number. The first has no label: how V8 numbers its roots is of no interest
 */
function shownSteps(path, most) {
  const shown = path.map(({ edge, object }, at) => ({
    label: at === 0 ? '' : edgeLabel(edge),
    object,
    isEnd: at === path.length - 1,
    isInternal: edge.kind === 'internal' || edge.kind === 'hidden',
  }));
  if (path.length <= most) return shown;
  const head = Math.floor(most / 2);
  shown.splice(head, path.length - most, { skipped: path.length - most });
  return shown;
}

module.exports = {
  edgeLabel,
  fileLabel,
  objectLabel,
  objectName,
  placeLabel,
  ruleLabel,
  shareLabel,
  shellWord,
  shortPlace,
  shownSteps,
};
