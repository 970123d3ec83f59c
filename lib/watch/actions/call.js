'use strict';

/**
 * The action `call`: a function of the user.
 *
 * @module
 */

const { RsprofError } = require('../../errors.js');

const TIMEOUT_SECONDS = 60;

/** Of whatever may have been thrown. */
function textOf(error) {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'it threw what cannot be shown';
  }
}

async function run({ settings, context, signal, files, errors }) {
  const { rule, reason, firedAt, readings, verdicts, dir, outputs } = context;
  const shown = { rule, reason, firedAt, readings, verdicts, dir, outputs };
  try {
    const value = await settings.fn({ ...shown, files: [...files], errors: [...errors], signal });
    return { value };
  } catch (error) {
    const message = `the function of the action failed: ${textOf(error)}`;
    throw new RsprofError('ERR_RSPROF_CALL', message, { cause: error });
  }
}

module.exports = {
  type: 'call',
  rows: { fn: { type: 'function', needed: true } },
  /** Whatever the function gives: `outputs.call.value…`. */
  outputs: null,
  /** Nobody can end it: it is left to itself. */
  graceMs: 0,
  read: ({ fn, timeout = TIMEOUT_SECONDS }) => ({ fn, timeout }),
  run,
};
