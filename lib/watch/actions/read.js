'use strict';

/**
 * The actions of a rule, as the user writes them: a name, a function, or an object with a `type`; checked
 * before anything runs.
 *
 * @module
 */

const { inspect } = require('node:util');
const { invalidArgument } = require('../../errors.js');
const { readFields } = require('./fields.js');

/** Each type, by its name. */
const TYPES = Object.freeze(
  Object.fromEntries(
    [
      require('./heap-snapshot.js'),
      require('./cpu-profile.js'),
      require('./heap-profile.js'),
      require('./report.js'),
      require('./analyze.js'),
      require('./diff.js'),
      require('./webhook.js'),
      require('./call.js'),
    ].map((type) => [type.type, type]),
  ),
);

/** Actions of one rule at most. */
const MAX_ACTIONS = 50;

const NAMES = Object.keys(TYPES).join(', ');

/** The value itself may hold a secret. */
function got(value) {
  if (typeof value === 'string') return inspect(value, { maxStringLength: 100 });
  if (value === null || Array.isArray(value)) return value === null ? 'null' : 'an array';
  return `a value of type ${typeof value}`;
}

/** `'heapSnapshot'` and a function stand for objects. */
function spelledOut(value, where) {
  if (typeof value === 'string') return { type: value };
  if (typeof value === 'function') return { type: 'call', fn: value };
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  const allowed = `one of ${NAMES}, an object with such a type, or a function`;
  throw invalidArgument(`${where} must be ${allowed}; got ${got(value)}`);
}

function typeOf(given, value, where) {
  if (typeof given.type === 'string' && Object.hasOwn(TYPES, given.type)) return TYPES[given.type];
  const field = typeof value === 'string' ? where : `${where}.type`;
  throw invalidArgument(`${field} must be one of ${NAMES}; got ${got(given.type)}`);
}

/** An action and whether its id is the user's. */
function read(value, where) {
  const given = spelledOut(value, where);
  const type = typeOf(given, value, where);
  const fields = readFields(given, type.rows, where);
  const { type: _, id, onFailure, ...own } = fields;
  const settings = { ...type.read(own, where), onFailure };
  return { action: { type: type.type, id: id ?? type.type, settings }, isNamed: id !== undefined };
}

/**
 * Checks one action by itself; whether what it refers to is there {@link readActions} finds.
 *
 * @param {unknown} value what the user wrote
 * @param {string} where it stands, such as `rules[0].actions[1]`
 * @returns {{ type: string, id: string, settings: object }}
 * @throws {RsprofError} INVALID_ARG naming the field
 */
function readAction(value, where) {
  return read(value, where).action;
}

/** `heapSnapshot`, `heapSnapshot-2`, …: the first that nobody has. */
function freeId(type, taken) {
  let id = type;
  for (let number = 2; taken.has(id); number++) id = `${type}-${number}`;
  return id;
}

/** Gives each an id of its own: first those of the user, who must not give one twice. */
function nameAll(entries, where) {
  const taken = new Map();
  for (const [at, { action, isNamed }] of entries.entries()) {
    if (!isNamed) continue;
    const other = taken.get(action.id);
    if (other !== undefined) {
      const message = `must be an id of its own; '${action.id}' is that of ${where}[${other}]`;
      throw invalidArgument(`${where}[${at}].id ${message}`);
    }
    taken.set(action.id, at);
  }
  for (const [at, { action, isNamed }] of entries.entries()) {
    if (isNamed) continue;
    action.id = freeId(action.type, taken);
    taken.set(action.id, at);
  }
}

function checkName(name, earlier, where) {
  const [root, id, field] = name.split('.');
  if (root !== 'outputs') return;
  const source = earlier.find((action) => action.id === id);
  const ids = earlier.map((action) => action.id).join(', ') || 'none';
  if (!source)
    throw invalidArgument(
      `${where} has \${${name}}, but no action before it has the id ${id}; there is: ${ids}`,
    );
  const { outputs } = TYPES[source.type];
  const isKnown = outputs === null ? field === 'value' : outputs.includes(field);
  if (isKnown) return;
  const known = outputs === null ? 'value' : outputs.join(', ');
  throw invalidArgument(
    `${where} has \${${name}}, but ${source.type} gives no ${field}; it gives ${known}`,
  );
}

/** What an action refers to must be there when its turn comes. */
function checkReferences(action, earlier, where) {
  const { check, templates } = TYPES[action.type];
  check?.({ settings: action.settings, earlier, where });
  for (const [field, template] of templates?.(action.settings) ?? []) {
    for (const name of template?.names ?? []) checkName(name, earlier, `${where}.${field}`);
  }
}

/**
 * Checks the actions of a rule, in their order.
 *
 * @param {unknown} values what the user wrote
 * @param {string} where it stands, such as `rules[0].actions`
 * @returns {{ type: string, id: string, settings: object }[]} for `runActions()`; their settings show no
 *   secret, whoever prints them
 * @throws {RsprofError} INVALID_ARG naming the field
 */
function readActions(values, where) {
  if (!Array.isArray(values) || values.length === 0 || values.length > MAX_ACTIONS) {
    const length = Array.isArray(values) ? `${values.length} of them` : got(values);
    throw invalidArgument(
      `${where} must be an array of 1 to ${MAX_ACTIONS} actions; got ${length}`,
    );
  }
  const entries = Array.from(values, (value, at) => read(value, `${where}[${at}]`));
  nameAll(entries, where);
  const actions = entries.map(({ action }) => action);
  for (const [at, action] of actions.entries())
    checkReferences(action, actions.slice(0, at), `${where}[${at}]`);
  return actions;
}

module.exports = { TYPES, freeId, readAction, readActions };
