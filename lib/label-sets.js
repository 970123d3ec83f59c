'use strict';

/**
 * Sets of labels by number. A set is made once and kept: what a profile has is numbers.
 *
 * @module
 */

const { inspect } = require('node:util');
const { invalidArgument } = require('./errors.js');

/** Different sets; what comes later is counted as `(other)`. */
const MOST_SETS = 1000;

/** Sets of `(other)`, one for each combination of names. */
const MOST_OTHERS = 100;

/** Steps on the ways to sets. */
const MOST_WAYS = 4 * MOST_SETS;

const MOST_NAMES = 16;
const MOST_LENGTH = 256;
const OTHER = '(other)';

/**
 * @typedef {object} LabelSet
 * @property {number} id from 1 on
 * @property {Readonly<Record<string, string>>} labels
 */

/** @type {LabelSet[]} number 1 is the first */
const sets = [];
/** @type {Map<string, LabelSet>} by what they hold */
const byText = new Map();
/**
 * Ways to a set: from the outer set by names and values, in the order in which they are given. No text is put
 * together for a set that is known.
 *
 * @typedef {{ set?: LabelSet, names: Map<string, Map<string, Way>> }} Way
 */
/** @type {Map<number, Way>} by the number of the outer set, 0 for none */
const ways = new Map();
let wayCount = 0;
let others = 0;

/** No labels. */
const NO_LABELS = Object.freeze({ id: 0, labels: Object.freeze({}) });

function shown(value) {
  return inspect(value, { depth: 0, maxStringLength: 100, breakLength: Infinity });
}

function checkObject(labels) {
  if (labels !== null && typeof labels === 'object' && !Array.isArray(labels)) return;
  const wanted = 'an object of strings such as { route: "GET /search" }';
  throw invalidArgument(`the labels of label() must be ${wanted}; got ${shown(labels)}`);
}

function checkValue(name, value) {
  if (typeof value === 'string') return;
  throw invalidArgument(`label '${name}' of label() must be a string; got ${shown(value)}`);
}

function cut(text) {
  return text.length <= MOST_LENGTH ? text : `${text.slice(0, MOST_LENGTH - 1)}…`;
}

function merge(outer, names, labels) {
  const merged = { ...outer?.labels };
  for (const name of names) merged[cut(name)] = cut(labels[name]);
  if (Object.keys(merged).length <= MOST_NAMES) return merged;
  throw invalidArgument(
    `label() takes at most ${MOST_NAMES} labels, those of outer calls included`,
  );
}

function textOf(labels) {
  return JSON.stringify(
    Object.keys(labels)
      .sort()
      .map((name) => [name, labels[name]]),
  );
}

function add(text, labels) {
  const set = Object.freeze({ id: sets.length + 1, labels: Object.freeze(labels) });
  sets.push(set);
  byText.set(text, set);
  return set;
}

/** The set of these labels; the one with their names and `(other)` where there are too many. */
function setOf(labels) {
  if (Object.keys(labels).length === 0) return NO_LABELS;
  const text = textOf(labels);
  const known = byText.get(text);
  if (known) return known;
  if (sets.length - others < MOST_SETS) return add(text, labels);
  const names = others < MOST_OTHERS ? Object.keys(labels) : ['label'];
  const rest = Object.fromEntries(names.map((name) => [name, OTHER]));
  const restText = textOf(rest);
  const other = byText.get(restText);
  if (other) return other;
  others += 1;
  return add(restText, rest);
}

/** What `key` stands for; made where it is not there, undefined where there are too many. */
function step(map, key, make) {
  const known = map.get(key);
  if (known || wayCount >= MOST_WAYS) return known;
  wayCount += 1;
  const made = make();
  map.set(key, made);
  return made;
}

const newWay = () => ({ names: new Map() });

/** The way that these labels are; undefined where it is not remembered. */
function wayOf(outer, names, labels) {
  let way = step(ways, outer?.id ?? 0, newWay);
  for (const name of names) {
    const value = labels[name];
    checkValue(name, value);
    const values = way && step(way.names, name, () => new Map());
    way = values && step(values, value, newWay);
  }
  return way;
}

/** The set of these labels where its way is known: the usual case, without an object made. */
function knownSet(outer, labels) {
  let way = ways.get(outer === undefined ? 0 : outer.id);
  for (const name in labels) way = way?.names.get(name)?.get(labels[name]);
  return way?.set;
}

/**
 * The set that is current inside of a call of `label(labels, ...)`.
 *
 * @param {LabelSet|undefined} outer the one that is current outside
 * @param {unknown} labels
 * @returns {LabelSet}
 * @throws {import('./errors.js').RsprofError} INVALID_ARG
 */
function innerSet(outer, labels) {
  checkObject(labels);
  const known = knownSet(outer, labels);
  if (known) return known;
  const names = Object.keys(labels);
  const way = wayOf(outer, names, labels);
  const set = setOf(merge(outer, names, labels));
  if (way) way.set = set;
  return set;
}

/** All sets as a JSON array, in the order of their numbers. */
function setsAsJson() {
  return JSON.stringify(sets.map(({ labels }) => labels));
}

module.exports = { innerSet, setsAsJson };
