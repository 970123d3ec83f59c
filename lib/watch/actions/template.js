'use strict';

/**
 * Texts with names in them: `${rule.name}`, `${outputs.heapSnapshot.path}`. Nothing is evaluated: a name
 * stands for one value, and whoever reads the rules is told of a name that there is not.
 *
 * @module
 */

const { invalidArgument } = require('../../errors.js');
const { INDEX } = require('../metrics.js');

/** Names without parameters; what they stand for is in values.js. */
const NAMES = Object.freeze([
  'rule.name',
  'rule.when',
  'reason',
  'firedAt',
  'verdict',
  'files',
  'errors',
  'host',
  'pid',
]);

const ALL_NAMES = [...NAMES, 'readings.<reading>', 'outputs.<id>.<field>'].join(', ');

/** No text of a message is longer. */
const MAX_TEXT = 16_384;

/** Of a body, as JSON. */
const MAX_BODY = 65_536;

const MAX_DEPTH = 16;

const PLACE = /\$\{([^{}]*)\}/;

function isName(name) {
  if (NAMES.includes(name)) return true;
  const [root, ...rest] = name.split('.');
  if (root === 'readings') return rest.length === 1 && Object.hasOwn(INDEX, rest[0]);
  return root === 'outputs' && rest.length >= 2 && rest.every((part) => part !== '');
}

/** A text, taken apart. */
class Template {
  #texts;

  /** @param {string} source whose names are known */
  constructor(source) {
    const parts = source.split(new RegExp(PLACE, 'g'));
    this.#texts = parts.filter((_, at) => at % 2 === 0);
    /** The names in it, in their order. */
    this.names = parts.filter((_, at) => at % 2 === 1).map((name) => name.trim());
  }

  /**
   * @param {(name: string) => string} lookUp
   * @returns {string}
   */
  render(lookUp) {
    return this.#texts
      .map((text, at) => text + (at in this.names ? lookUp(this.names[at]) : ''))
      .join('');
  }
}

function checkText(value, where) {
  if (typeof value === 'string' && value !== '' && value.length <= MAX_TEXT) return;
  const got =
    typeof value === 'string' ? `one of ${value.length}` : `a value of type ${typeof value}`;
  throw invalidArgument(`${where} must be a text of 1 to ${MAX_TEXT} characters; got ${got}`);
}

/**
 * @param {unknown} value
 * @param {string} where it stands
 * @returns {Template}
 * @throws {RsprofError} INVALID_ARG, for a name that is not known, too
 */
function readTemplate(value, where) {
  checkText(value, where);
  const template = new Template(value);
  const unknown = template.names.find((name) => !isName(name));
  if (unknown === undefined) return template;
  throw invalidArgument(`${where} has the unknown name \${${unknown}}; there are ${ALL_NAMES}`);
}

function isPlain(value) {
  return value !== null && typeof value === 'object';
}

function readNode(value, where, depth) {
  if (typeof value === 'string') return value === '' ? '' : readTemplate(value, where);
  if (!isPlain(value)) return value;
  if (depth > MAX_DEPTH) throw invalidArgument(`${where} is nested too deeply`);
  if (Array.isArray(value))
    return value.map((one, at) => readNode(one, `${where}[${at}]`, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, readNode(one, `${where}.${key}`, depth + 1)]),
  );
}

function jsonLength(value) {
  try {
    return JSON.stringify(value)?.length;
  } catch {
    return undefined;
  }
}

/**
 * The body of a request: a text, or what becomes JSON; each string in it is a template.
 *
 * @param {unknown} value
 * @param {string} where
 * @returns {Template|object}
 * @throws {RsprofError} INVALID_ARG
 */
function readBody(value, where) {
  if (typeof value === 'string') return readTemplate(value, where);
  const length = isPlain(value) ? jsonLength(value) : undefined;
  if (length === undefined || length > MAX_BODY) {
    const allowed = `a text, or an object of at most ${MAX_BODY} characters of JSON`;
    throw invalidArgument(`${where} must be ${allowed}`);
  }
  return readNode(value, where, 0);
}

/** The templates in a body, in their order. */
function templatesIn(body) {
  if (body instanceof Template) return [body];
  return isPlain(body) ? Object.values(body).flatMap(templatesIn) : [];
}

/**
 * A body with the values in their places.
 *
 * @param {Template|object} body of {@link readBody}
 * @param {(name: string) => string} lookUp
 * @returns {string|object}
 */
function renderBody(body, lookUp) {
  if (body instanceof Template) return body.render(lookUp);
  if (!isPlain(body)) return body;
  if (Array.isArray(body)) return body.map((one) => renderBody(one, lookUp));
  return Object.fromEntries(
    Object.entries(body).map(([key, one]) => [key, renderBody(one, lookUp)]),
  );
}

module.exports = { Template, readBody, readTemplate, renderBody, templatesIn };
