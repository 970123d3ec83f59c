'use strict';

/**
 * What objects and references of a heap are called, raw. The views of a capture carry this file along.
 *
 * @module
 */

/** `Room`, `"the text"`, `handler()`. */
function objectName({ name, kind }) {
  return name === '' ? `(${kind})` : name;
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

module.exports = { edgeLabel, objectName };
