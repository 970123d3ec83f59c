'use strict';

/**
 * The language in which a rule says when it fires.
 *
 *     heapUsed > 800MB                        a reading of metrics.js against a number
 *     heapUsed > 80% of heapLimit             or a share of another reading
 *     cpu > 90% for 60s                       true at every evaluation for so long
 *     (rss > 1.5GB and requestsInFlight < 10) for 5m
 *     slope(rss, 1h) > 100MB/h                over a window: slope mean max min sum
 *     heapUsed / heapLimit > 0.8              + - * / between readings
 *     leak   leak(99.9%)                      the trend of the floor after full collections
 *     stuck   stuck(5s)   nearHeapLimit   signal(SIGUSR2)   every(6h)   at(03:30)   at(03:30 UTC)
 *
 * `and`, `or`, `not` and parentheses join them; `&&`, `||`, `!` are the same. `for` belongs to what is right
 * before it: parentheses make it that of several.
 *
 * Units: B kB MB GB TB are powers of 1000, KiB MiB GiB TiB of 1024; ms s m h d; %; by time /s /min /h /d. Besides
 * the readings there are `gcTime` (pauses since the last reading), `gcShare` (their share of the last 10 s) and
 * `floorAge` (since the last full collection).
 *
 * What is not known makes a comparison unknown, and so is its `not`: a rule fires on true, never on unknown.
 * A window is unknown while the history covers less than 80 % of it.
 *
 * @module
 */

const { inspect } = require('node:util');
const { invalidArgument } = require('../errors.js');
const { describe, words } = require('./condition/describe.js');
const { compile } = require('./condition/evaluate.js');
const { parse } = require('./condition/parse.js');
const { truth } = require('./condition/tree.js');

/** Objects within each other, and instructions in all: a rule that needs more is several. */
const MOST_DEPTH = 20;
const MOST_PARTS = 500;

const FORMS = Object.freeze({ all: 'and', any: 'or', not: 'not' });

const shown = (value) =>
  inspect(value, { depth: 0, maxStringLength: 100, maxArrayLength: 3, breakLength: Infinity });

/** What the watcher needs to know of a node, of all those below it. */
function collect(node, triggers = new Map()) {
  if (node.trigger) triggers.set(node.trigger.key, node.trigger);
  const below = node.type === 'truth' && node.form !== 'comparison' ? [node.of ?? []].flat() : [];
  for (const one of below) collect(one, triggers);
  return triggers;
}

/**
 * A condition that was read. It has a state (`for`), so that each rule needs its own.
 */
class Condition {
  #tree;
  #compiled;

  /** @param {object} tree of condition/parse.js */
  constructor(tree, where) {
    this.#tree = tree;
    this.#compiled = compile(tree);
    if (this.#compiled.slots.size > MOST_PARTS)
      throw invalidArgument(`${where}: a condition has at most ${MOST_PARTS} parts`);
    /** As it was written. */
    this.text = tree.text;
    /** What it waits for, in words. */
    this.words = words(tree);
    /** What has to be armed for it; `key` is what a pulse is called. See condition/calls.js. */
    this.triggers = Object.freeze([...collect(tree).values()]);
    Object.freeze(this);
  }

  /** What it is made of: see condition/tree.js. To be read only. */
  get tree() {
    return this.#tree;
  }

  /**
   * Called at each reading, whether or not the rule may fire: `for` counts what it sees. Makes nothing.
   *
   * @param {object} context
   * @param {number} context.now ms, of a clock that goes on by the readings'
   * @param {Float64Array} context.row the latest reading
   * @param {object} context.history
   * @param {{ heap: object|null, external: object|null }} context.leak
   * @param {Set<string>} context.pulses keys of the events since the last evaluation
   * @returns {boolean}
   */
  evaluate(context) {
    return this.#compiled.program.run(context);
  }

  /** Why the last {@link evaluate} was true: `heapUsed 812 MB > 800 MB, for 30 s`. */
  describe(context) {
    return describe(this.#tree, this.#compiled, context);
  }

  /** Forgets what held so far. */
  reset() {
    this.#compiled.program.reset();
  }
}

/** `and`, `or` of several conditions that were read by themselves. */
function joined(form, nodes) {
  if (nodes.length === 1) return nodes[0];
  const text = nodes.map((node) => bracketed(node)).join(` ${FORMS[form]} `);
  return truth(form, { of: nodes, hasEvent: nodes.some((node) => node.hasEvent) }, { at: 0, text });
}

const bracketed = ({ text }) => `(${text})`;

function readSeveral(form, value, where, depth) {
  if (!Array.isArray(value) || value.length === 0)
    throw invalidArgument(`${where} must be an array of conditions; got ${shown(value)}`);
  return joined(
    form,
    value.map((one, at) => readNode(one, `${where}[${at}]`, depth + 1)),
  );
}

function readNot(value, where, depth) {
  const of = readNode(value, where, depth + 1);
  if (of.hasEvent)
    throw invalidArgument(`${where}: what happens in a moment is not there nearly all of the time`);
  return truth('not', { of }, { at: 0, text: `not ${bracketed(of)}` });
}

function readObject(value, where, depth) {
  const wanted = "one of all, any and not: { all: ['cpu > 90%', 'leak'] }";
  const names = Object.keys(value);
  if (names.length !== 1 || !Object.hasOwn(FORMS, names[0])) {
    const got = names.length === 0 ? 'nothing' : names.map((name) => shown(name)).join(', ');
    throw invalidArgument(`${where} must have ${wanted}; it has ${got}`);
  }
  if (depth > MOST_DEPTH) throw invalidArgument(`${where} is more than ${MOST_DEPTH} levels deep`);
  const [form] = names;
  if (form === 'not') return readNot(value.not, `${where}.not`, depth);
  return readSeveral(form, value[form], `${where}.${form}`, depth);
}

function readNode(value, where, depth = 0) {
  if (typeof value === 'string') return parse({ text: value, where });
  if (value !== null && typeof value === 'object' && !Array.isArray(value))
    return readObject(value, where, depth);
  const wanted = "a condition such as 'heapUsed > 80% of heapLimit for 30s'";
  throw invalidArgument(`${where} must be ${wanted}; got ${shown(value)}`);
}

/**
 * Reads a condition.
 *
 * @param {string|object} value a text, or `{ all: [...] }`, `{ any: [...] }`, `{ not: ... }` of them
 * @param {string} [where] what errors call it: `rules[1].when`
 * @returns {Condition}
 * @throws {import('../errors.js').RsprofError} INVALID_ARG; of a text it points at the place
 */
function parseCondition(value, where = 'the condition') {
  return new Condition(readNode(value, where), where);
}

module.exports = { Condition, parseCondition };
