'use strict';

/**
 * Starts a watcher from the environment: see register.js.
 *
 * @module
 */

const { invalidArgument } = require('../errors.js');
const { readRulesFile } = require('./rules-file.js');

/** What a variable holds as JSON, or undefined. */
function fromJson(name) {
  const text = process.env[name]?.trim();
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalidArgument(`the environment variable ${name} is not JSON: ${error.message}`);
  }
}

/** `RSPROF_RULES`: the path of a JSON file, or its content (`[...]`, `{...}`). */
function fromRules() {
  const text = process.env.RSPROF_RULES?.trim();
  if (!text) return {};
  if (!/^[[{]/.test(text)) return readRulesFile(text);
  const value = fromJson('RSPROF_RULES');
  return Array.isArray(value) ? { rules: value } : value;
}

/** The options that the environment asks for; RSPROF_DIR and RSPROF_DRY_RUN are read by `watch()`. */
function optionsFromEnvironment() {
  const limits = fromJson('RSPROF_LIMITS');
  return { ...fromRules(), ...(limits && { limits }) };
}

/** @returns {{ watcher: import('./watcher.js').Watcher|null }} null: a warning says why */
function register() {
  try {
    return { watcher: require('../watch.js').watch(optionsFromEnvironment()) };
  } catch (error) {
    process.emitWarning(`rsprof does not watch this process: ${error.message}`, {
      type: 'RsprofWarning',
      code: error.code,
    });
    return { watcher: null };
  }
}

module.exports = { optionsFromEnvironment, register };
