'use strict';

/**
 * `rsprof rules check`: the rules of a file, what is wrong with them, and what they would have done.
 *
 * @module
 */

const { RsprofError } = require('../errors.js');
const { readRulesFile } = require('../watch/rules-file.js');

/** What is wrong with the file's text is an answer; that it cannot be read is a failure. */
function readFile(file) {
  const problems = [];
  try {
    const report = ({ message }) => problems.push(message);
    const { rules = [], limits } = readRulesFile(file, { report });
    return { rules, limits, problems };
  } catch (error) {
    if (!(error instanceof RsprofError) || error.code !== 'ERR_RSPROF_INVALID_ARG') throw error;
    return { rules: [], problems: [...problems, error.message] };
  }
}

/**
 * @param {string} file of rules
 * @param {string} [history] a black box
 * @returns {Promise<{ file: string, rules: object[], problems: string[], history?: object }>}
 * @throws {RsprofError} where one of the files cannot be read
 */
async function checkRules(file, history) {
  const { rules, limits, problems } = readFile(file);
  if (history === undefined) return { file, rules, problems };
  const { dryRun } = require('../watch/dry-run.js');
  return { file, rules, problems, history: await dryRun({ rules, limits, history }) };
}

/** Without the settings of actions: there may be secrets in them. */
function ruleAsJson({ name, when, actions, limits, enabled }) {
  return {
    name,
    when: when.text,
    words: when.words,
    triggers: when.triggers,
    actions: actions.map(({ type, id }) => ({ type, id })),
    limits,
    enabled,
  };
}

/** What {@link checkRules} found, for a program. */
function rulesAsJson({ file, rules, problems, history = null }) {
  const valid = problems.length === 0;
  return { file, valid, problems, rules: rules.map(ruleAsJson), history };
}

module.exports = { checkRules, rulesAsJson };
