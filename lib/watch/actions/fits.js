'use strict';

/**
 * Whether there is room for a capture: the limits of the watcher know.
 *
 * @module
 */

const { RsprofError } = require('../../errors.js');

/**
 * @param {object} context with `fits(kind)`
 * @param {string} kind
 * @returns {Promise<string|null>} why it does not fit; also where that cannot be told
 */
async function whyNot(context, kind) {
  try {
    const answer = await context.fits?.(kind);
    return answer ? answer.reason : null;
  } catch (error) {
    return `whether it fits could not be told: ${error?.message}`;
  }
}

/** @throws {RsprofError} BUDGET where it does not fit */
async function checkFits(context, kind) {
  const reason = await whyNot(context, kind);
  if (reason === null) return;
  throw new RsprofError('ERR_RSPROF_BUDGET', `rsprof takes no ${kind} now: ${reason}`);
}

module.exports = { checkFits, whyNot };
