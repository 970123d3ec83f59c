'use strict';

/**
 * Has `require` and `import` resolve the names of lib/compat/names.js to the files of `compat/`.
 *
 * @module
 */

const Module = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { REPLACED } = require('./names.js');

/** Shared by every copy of this file in the thread: the first one serves. */
const REGISTERED = Symbol.for('rsprof.compat.register/1');

/** @returns {string|undefined} the file that stands in for `name` */
function fileFor(name) {
  if (!Object.hasOwn(REPLACED, name)) return undefined;
  return path.join(__dirname, '..', '..', 'compat', `${REPLACED[name]}.js`);
}

function mapRequire() {
  const original = Module._resolveFilename;
  Module._resolveFilename = function resolveFilename(request, ...rest) {
    return fileFor(request) ?? original.call(this, request, ...rest);
  };
}

function resolve(specifier, context, nextResolve) {
  const file = fileFor(specifier);
  if (file === undefined) return nextResolve(specifier, context);
  return { url: pathToFileURL(file).href, format: 'commonjs', shortCircuit: true };
}

/** Node before 22.15 resolves imports on a thread of its own, and before 18.19 in no way that is ours to ask. */
function mapImport() {
  if (typeof Module.registerHooks === 'function') Module.registerHooks({ resolve });
  else if (typeof Module.register === 'function')
    Module.register('./import-hook.mjs', { parentURL: pathToFileURL(__filename) });
}

/** Does it, once. */
function register() {
  if (globalThis[REGISTERED]) return;
  Object.defineProperty(globalThis, REGISTERED, { value: true });
  mapRequire();
  mapImport();
}

module.exports = { register, resolve };
