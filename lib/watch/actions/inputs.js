'use strict';

/**
 * Which capture among the outputs a later action works on.
 *
 * @module
 */

const { RsprofError, invalidArgument } = require('../../errors.js');

/** What the analysis can read. */
const CAPTURES = new Set(['heapSnapshot', 'cpuProfile', 'heapProfile']);

/** An analysis has the kind and the path of what it read; and its report. */
function isCapture(output) {
  return CAPTURES.has(output?.kind) && !('report' in output);
}

/** The file of an output: its own, or the profile that stands in for it. */
function captureOf(output) {
  const { kind, path, sidecar, heapProfile } = output;
  if (path) return { kind, path, sidecar };
  if (!heapProfile?.path) return null;
  return { kind: 'heapProfile', path: heapProfile.path, sidecar: heapProfile.sidecar };
}

function noInput(what, detail) {
  const message = `rsprof has nothing to ${what}: ${detail}`;
  return new RsprofError('ERR_RSPROF_NOT_FOUND', message);
}

function why({ because, heapProfile }) {
  const reasons = [because, heapProfile?.error].filter(Boolean);
  return `there is no file in place of the heap snapshot: ${reasons.join('; ')}`;
}

/** Ids of captures, the newest first; or the one that is asked for, if it is one. */
function idsOf(outputs, of) {
  const ids = of === undefined ? Object.keys(outputs).reverse() : [of];
  return ids.filter((id) => Object.hasOwn(outputs, id) && isCapture(outputs[id]));
}

/**
 * @param {object} outputs by id, oldest first
 * @param {string|undefined} of as of {@link findInput}
 * @returns {{ classes: { name: string, count: number }[], path: string|null }|null} the class histogram that
 *   stands in for that snapshot
 */
function findHistogram(outputs, of) {
  const [id] = idsOf(outputs, of);
  const histogram = outputs[id]?.classHistogram;
  return Array.isArray(histogram?.classes) ? histogram : null;
}

/**
 * @param {object} outputs by id, oldest first
 * @param {string|undefined} of an id; without one the newest capture counts
 * @param {'analyze'|'compare'} what for, for the message
 * @returns {{ id: string, kind: string, path: string, sidecar: string|null }}
 * @throws {RsprofError} NOT_FOUND where there is none
 */
function findInput(outputs, of, what) {
  const taken = idsOf(outputs, of);
  for (const id of taken) {
    const capture = captureOf(outputs[id]);
    if (capture) return { id, ...capture };
  }
  if (taken.length > 0) throw noInput(what, why(outputs[taken[0]]));
  throw noInput(what, of === undefined ? 'no action before it took a capture' : `${of} took none`);
}

/**
 * Checks `of` (or that there is something without it) against the actions before.
 *
 * @param {string|undefined} of
 * @param {{ id: string, type: string }[]} earlier
 * @param {string} where
 * @throws {RsprofError} INVALID_ARG
 */
function checkInput(of, earlier, where) {
  const ids = earlier.filter(({ type }) => CAPTURES.has(type)).map(({ id }) => id);
  if (of === undefined ? ids.length > 0 : ids.includes(of)) return;
  const known = ids.length > 0 ? `: ${ids.join(', ')}` : ', and there is none';
  const kinds = [...CAPTURES].join(', ');
  if (of === undefined)
    throw invalidArgument(`${where} needs an action before it that takes a capture: ${kinds}`);
  throw invalidArgument(
    `${where}.of must be the id of an action before it that takes a capture${known}; got '${of}'`,
  );
}

module.exports = { checkInput, findHistogram, findInput };
