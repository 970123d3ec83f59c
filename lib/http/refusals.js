'use strict';

/**
 * Why something is not begun, as errors that say when to ask again.
 *
 * @module
 */

const { RsprofError } = require('../errors.js');

/** Seconds after which to ask again where nothing better is known. */
const RETRY_SECONDS = 5;

/** Limit of lib/watch/limits.js -> code. */
const CODES = Object.freeze({
  busy: 'ERR_RSPROF_BUSY',
  cooldown: 'ERR_RSPROF_RATE',
  count: 'ERR_RSPROF_RATE',
  grace: 'ERR_RSPROF_RATE',
  quota: 'ERR_RSPROF_DISK_FULL',
  minFreeDisk: 'ERR_RSPROF_DISK_FULL',
});

/** @returns {RsprofError} with `retryAfter`, seconds */
function refusal(code, message, retryAfter) {
  const seconds = Math.max(1, Math.ceil(retryAfter));
  return Object.assign(new RsprofError(code, message), { retryAfter: seconds });
}

/**
 * @param {'capture'|'analysis'} what runs already
 * @param {number} [seconds] that it takes, where that is known
 * @returns {RsprofError}
 */
function busy(what, seconds = RETRY_SECONDS) {
  const message = `the profiler is busy with another ${what}; wait for it, or cancel it`;
  return refusal('ERR_RSPROF_BUSY', message, seconds);
}

/** What the profiler's own count is called; the reasons of limits speak of rules. */
function sentenceOf({ limit, reason }, { count, per }) {
  if (limit !== 'count') return reason;
  return `${count} were taken in the last ${Math.round(per / 60_000)} min, which is what limits.count allows`;
}

/**
 * @param {{ limit: string, reason: string, until: number, code?: string }} skipped of `Limits.admit()`
 * @param {{ limits: object, now: number }} known
 * @returns {RsprofError}
 */
function notAdmitted(skipped, { limits, now }) {
  const code = skipped.code ?? CODES[skipped.limit] ?? 'ERR_RSPROF_RATE';
  const message = `rsprof takes no capture now: ${sentenceOf(skipped, limits)}`;
  return refusal(code, message, (skipped.until - now) / 1000);
}

/**
 * @param {{ reason: string, isDisk: boolean }} why of `Lease.fits()`
 * @returns {RsprofError}
 */
function doesNotFit({ reason, isDisk }) {
  const code = isDisk ? 'ERR_RSPROF_DISK_FULL' : 'ERR_RSPROF_BUDGET';
  return new RsprofError(code, `rsprof takes no capture now: ${reason}`);
}

module.exports = { busy, doesNotFit, notAdmitted };
