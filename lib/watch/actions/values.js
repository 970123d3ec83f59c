'use strict';

/**
 * What the names in templates stand for, when an action runs.
 *
 * @module
 */

const os = require('node:os');
const { visible } = require('../../visible.js');

/** Of one value; a message is no place for a report. */
const MAX_VALUE = 4000;

/** Files named in a message. */
const MAX_FILES = 50;

function clip(text, most = MAX_VALUE) {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** On one line, nothing in it that acts: what comes from a heap is anybody's. */
function shown(value) {
  if (value === null || value === undefined) return '';
  const isPrimitive = typeof value !== 'object' && typeof value !== 'function';
  return isPrimitive ? visible(clip(String(value))) : '';
}

/** What the analyses among the outputs say, in their order; null where there are none. */
function verdictOf({ outputs }) {
  const verdicts = Object.values(outputs).map((output) => own(output, 'verdict'));
  const texts = verdicts.filter((verdict) => typeof verdict === 'string');
  return texts.length > 0 ? visible(clip(texts.join(' '))) : null;
}

/** `reason` as it stands in the sidecar of whatever a rule has made. */
function reasonOf({ rule, reason }) {
  return visible(clip(`rule ${rule.name}: ${reason}`, 1000));
}

function filesText(files) {
  const more = files.length > MAX_FILES ? [`… ${files.length - MAX_FILES} more`] : [];
  return [...files.slice(0, MAX_FILES), ...more].join(', ');
}

/** What went wrong before, a sentence each. */
function errorsText(errors) {
  return errors.map(({ action, error }) => `${action.id} failed: ${error.message}`).join('; ');
}

/** An own property of what may be anything: a function of the user may have made it. */
function own(value, name) {
  try {
    const isObject = value !== null && typeof value === 'object';
    return isObject && Object.hasOwn(value, name) ? value[name] : undefined;
  } catch {
    return undefined;
  }
}

const VALUES = Object.freeze({
  'rule.name': ({ context }) => context.rule.name,
  'rule.when': ({ context }) => context.rule.when,
  reason: ({ context }) => context.reason,
  firedAt: ({ context }) => context.firedAt,
  verdict: ({ context }) => verdictOf(context),
  files: ({ files }) => filesText(files),
  errors: ({ errors }) => errorsText(errors),
  host: () => os.hostname(),
  pid: () => process.pid,
});

/**
 * The values of one run, as they are at the moment of the call.
 *
 * @param {{ context: object, files: string[], errors: object[] }} run
 * @returns {(name: string) => string} never fails; an empty text for what there is not
 */
function valuesOf(run) {
  return (name) => {
    if (Object.hasOwn(VALUES, name)) return shown(VALUES[name](run));
    return shown(name.split('.').reduce(own, run.context));
  };
}

module.exports = { MAX_FILES, clip, errorsText, verdictOf, reasonOf, valuesOf };
