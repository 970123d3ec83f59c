'use strict';

/**
 * What objects, edges and places are called in every kind of output. The texts are raw: each output
 * escapes them in its own way.
 *
 * @module
 */

const path = require('node:path');
const { edgeLabel, objectName } = require('../object-labels.js');
const { count, duration, percent, size } = require('../units.js');

/** `Room @65893`. */
function objectLabel(object) {
  return `${objectName(object)} @${object.id}`;
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
  'hot-function': 'A function that takes much of the time',
  'hot-allocation': 'A function that allocates much of what stays',
  'per-listener': 'Work repeated for each listener',
  regexp: 'A regular expression',
  'module-loading': 'Modules are loaded',
  'sync-child-process': 'Waits for child processes',
  'sync-crypto': 'Cryptography on the event loop',
  'sync-zlib': 'Compression on the event loop',
  'sync-fs': 'Files read or written on the event loop',
  'structured-clone': 'Copies by structuredClone()',
  console: 'Writing to the console',
  'stack-traces': 'Stack traces',
  json: 'JSON on the event loop',
  deoptimised: 'Optimised again and again',
  'garbage-collection': 'Garbage collection',
  label: 'A label that takes much of the time',
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

/** `pack`, `(anonymous)`. */
const functionLabel = ({ name }) => (name === '' ? '(anonymous)' : name);

/** `pack.js:9`; empty for what has no script. */
const functionPlace = ({ url, line }) => (url ? `${path.basename(url)}:${line}` : '');

/** Microseconds, or bytes. */
function weightLabel(weight, unit) {
  return unit === 'bytes' ? size(weight) : duration(weight / 1000);
}

const PARTS = Object.freeze({
  app: 'the program',
  package: 'packages',
  node: 'Node.js',
  native: 'native code',
  wasm: 'WebAssembly',
  program: 'unknown to V8',
  garbageCollector: 'garbage collection',
});

/** Whose code; packages are called by their names. */
const partLabel = (name) => PARTS[name] ?? name;

/** A route alone stands for itself; null is what has no label. */
function labelsLabel(labels) {
  if (labels === null) return '(no label)';
  const names = Object.keys(labels);
  if (names.length === 1 && names[0] === 'route') return labels.route;
  return names.map((name) => `${name}=${labels[name]}`).join(', ');
}

/** A difference of two shares: `+2.1`, in percentage points. */
function pointsLabel(difference) {
  const points = (100 * difference).toFixed(1);
  return difference > 0 && points !== '0.0' ? `+${points}` : points.replace('-0.0', '0.0');
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
  RULES,
  edgeLabel,
  fileLabel,
  functionLabel,
  functionPlace,
  labelsLabel,
  objectLabel,
  objectName,
  partLabel,
  placeLabel,
  pointsLabel,
  ruleLabel,
  shareLabel,
  shellWord,
  shortPlace,
  shownSteps,
  weightLabel,
};
