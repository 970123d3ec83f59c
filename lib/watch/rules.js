'use strict';

/**
 * Rules as the user writes them, checked before anything runs:
 *
 *     { name: 'heap', when: 'heapUsed > 80% of heapLimit for 30s', actions: ['heapSnapshot'],
 *       limits: { cooldown: '1h' }, enabled: true }
 *
 * `when` and `actions` are needed. A rule without a name is called after its condition.
 *
 * @module
 */

const { inspect } = require('node:util');
const { RsprofError, invalidArgument } = require('../errors.js');
const { parseCondition } = require('./condition.js');
const { didYouMean } = require('./condition/nearest.js');

/** More are a mistake: each of them is evaluated each second. */
const MOST_RULES = 100;

const MOST_NAME = 64;

/** A name is part of file names: none begins with a dot. */
const NAME = /^[A-Za-z\d][\w.-]{0,63}$/;

const FIELDS = Object.freeze(['name', 'when', 'actions', 'limits', 'enabled']);

const shown = (value) =>
  inspect(value, { depth: 0, maxStringLength: 100, maxArrayLength: 3, breakLength: Infinity });

/** A rule that was read; what is one already is not read again. Its condition has a state: of one watcher. */
class Rule {
  /** @param {{ name: string, when: object, actions: object[], limits: object, enabled: boolean }} fields */
  constructor({ name, when, actions, limits, enabled }) {
    /** Its own among all rules. */
    this.name = name;
    /** @type {import('./condition.js').Condition} */
    this.when = when;
    /** For `runActions()`. */
    this.actions = actions;
    /** Those of the watcher where it has none of its own. */
    this.limits = limits;
    this.enabled = enabled;
    Object.freeze(this);
  }
}

function checkFields(value, where) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    const wanted = "a rule such as { when: 'heapUsed > 800MB', actions: ['heapSnapshot'] }";
    throw invalidArgument(`${where} must be ${wanted}; got ${shown(value)}`);
  }
  for (const name of Object.keys(value)) {
    if (FIELDS.includes(name)) continue;
    const hint = didYouMean(name, FIELDS, `it takes ${FIELDS.join(', ')}`);
    throw invalidArgument(`${where} has no ${shown(name)}; ${hint}`);
  }
  for (const name of ['when', 'actions']) {
    if (value[name] === undefined) throw invalidArgument(`${where}.${name} is missing`);
  }
}

function checkOwn(name, where, taken) {
  const other = taken.get(name);
  if (other === undefined) return name;
  throw invalidArgument(`${where}.name must be its own; ${other} is called ${name}, too`);
}

function readName(value, where, taken) {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !NAME.test(value)) {
    const wanted = `1 to ${MOST_NAME} letters, digits, dots, _ and -, and begin with a letter or digit`;
    throw invalidArgument(`${where}.name must have ${wanted}; got ${shown(value)}`);
  }
  return checkOwn(value, where, taken);
}

function readEnabled(value, where) {
  if (value === undefined || typeof value === 'boolean') return value ?? true;
  throw invalidArgument(`${where}.enabled must be true or false; got ${shown(value)}`);
}

const SPELLED = Object.freeze({ '>': '-over-', '<': '-under-', '%': 'pct', '/': '-per-' });

/** `heapUsed > 80% of heapLimit` -> `heapUsed-over-80pct-of-heapLimit`. */
function nameAfter({ text }) {
  const spelled = text.replace(/[<>%/]/g, (symbol) => SPELLED[symbol]);
  const name = spelled.replace(/[^\w.]+/g, '-').replace(/^[^A-Za-z\d]+/, '');
  return name.slice(0, MOST_NAME).replace(/-+$/, '') || 'rule';
}

/** The first of `name`, `name-2`, `name-3`, … that nobody has. */
function freeName(name, taken) {
  let free = name;
  for (let number = 2; taken.has(free); number++) {
    const suffix = `-${number}`;
    free = name.slice(0, MOST_NAME - suffix.length) + suffix;
  }
  return free;
}

/** How the parts that others know are read: their own modules, unless a test has something else. */
function readersOf({ readActions, readRuleLimits, limits }) {
  return {
    actions: readActions ?? require('./actions.js').readActions,
    limits: (value, where) => {
      const read = readRuleLimits ?? require('./limits.js').readRuleLimits;
      return read(value, where, limits);
    },
  };
}

function readRule(value, where, { taken, readers }) {
  if (value instanceof Rule) {
    checkOwn(value.name, where, taken);
    return value;
  }
  checkFields(value, where);
  const name = readName(value.name, where, taken);
  const when = parseCondition(value.when, `${where}.when`);
  const actions = readers.actions(value.actions, `${where}.actions`);
  const limits = readers.limits(value.limits, `${where}.limits`);
  return { name, when, actions, limits, enabled: readEnabled(value.enabled, where) };
}

/** Reads each; with `report` what is wrong with one does not hide what is wrong with the next. */
function readEach(list, where, { report, readers }) {
  const taken = new Map();
  const read = [];
  list.forEach((value, at) => {
    const place = `${where}[${at}]`;
    try {
      const rule = readRule(value, place, { taken, readers });
      if (rule.name !== undefined) taken.set(rule.name, place);
      read.push(rule);
    } catch (error) {
      if (!report || !(error instanceof RsprofError)) throw error;
      report(error);
    }
  });
  return { read, taken };
}

/**
 * Checks a list of rules.
 *
 * @param {unknown} list
 * @param {string} [where] it stands, for errors: `rules[1].when: …`
 * @param {object} [how]
 * @param {object} [how.limits] what `readLimits()` gave for the watcher: for rules without limits of their own
 * @param {(error: RsprofError) => void} [how.report] told of each rule that is wrong, which is left out then
 * @param {Function} [how.readActions] @param {Function} [how.readRuleLimits] instead of those of actions.js and
 *   limits.js
 * @returns {Rule[]}
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG` naming the field
 */
function readRules(list, where = 'rules', how = {}) {
  if (!Array.isArray(list))
    throw invalidArgument(`${where} must be an array of rules; got ${shown(list)}`);
  if (list.length > MOST_RULES)
    throw invalidArgument(`${where} has ${list.length} rules; ${MOST_RULES} are the most`);
  const readers = readersOf(how);
  const { read, taken } = readEach(Array.from(list), where, { report: how.report, readers });
  return read.map((rule) => {
    if (rule instanceof Rule) return rule;
    const name = rule.name ?? freeName(nameAfter(rule.when), taken);
    taken.set(name, name);
    return new Rule({ ...rule, name });
  });
}

module.exports = { Rule, readRules };
