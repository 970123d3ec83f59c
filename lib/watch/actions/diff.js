'use strict';

/**
 * The action `diff`: a capture against the one before it of the same rule and kind, which is kept for
 * that, or against a given file; told by a process of its own.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { fileURLToPath } = require('node:url');
const { findInput, checkInput } = require('./inputs.js');

const TIMEOUT_SECONDS = 600;

const LAST = 'last';

/** A path, and `last`, which is none. */
const toPath = (given) => path.resolve(given instanceof URL ? fileURLToPath(given) : given);

/** Kind of a capture -> of a comparison. */
const KINDS = Object.freeze({
  heapSnapshot: 'heapDiff',
  cpuProfile: 'cpuProfileDiff',
  heapProfile: 'heapProfileDiff',
});

const keyOf = (rule, kind) => JSON.stringify([rule.name, kind]);

/** The file that the next comparison needs, and its sidecar. */
function filesOf({ path: file, sidecar }) {
  return sidecar ? [file, sidecar] : [file];
}

async function compare(before, after, signal) {
  const { diffInProcess } = require('../../analysis-process.js');
  const report = await diffInProcess(before, after, { signal });
  const { verdict, kind } = report;
  return { verdict, kind, path: after, with: before, report };
}

/** The output where there is nothing to compare with yet. */
function first(input, why) {
  const { kind, path: file } = input;
  return { verdict: null, kind: KINDS[kind], path: file, with: null, because: why, report: null };
}

async function compareWithLast(input, context, signal) {
  const { baselines, rule } = context;
  const key = keyOf(rule, input.kind);
  const baseline = baselines.get(key);
  // Whatever becomes of the comparison: an old baseline that cannot be read would fail every time.
  baselines.set(key, { path: input.path, sidecar: input.sidecar ?? null });
  if (!baseline) return first(input, 'it is the first capture of this rule, kept for the next one');
  if (!fs.existsSync(baseline.path)) {
    return first(
      input,
      `the one kept before, ${baseline.path}, is gone; this one is kept for the next`,
    );
  }
  return compare(baseline.path, input.path, signal);
}

async function run({ settings, context, signal }) {
  const input = findInput(context.outputs, settings.of, 'compare');
  if (settings.with !== LAST) return compare(settings.with, input.path, signal);
  context.baselines ??= new Map();
  const output = await compareWithLast(input, context, signal);
  return { ...output, keep: filesOf(input) };
}

/**
 * The files that later comparisons need: not to be pruned.
 *
 * @param {Map<string, { path: string, sidecar: string|null }>} [baselines]
 * @returns {string[]} absolute paths
 */
function keptFiles(baselines) {
  return [...(baselines?.values() ?? [])].flatMap(filesOf);
}

function read({ of, with: other, timeout = TIMEOUT_SECONDS }) {
  return { of, with: other === LAST ? LAST : toPath(other), timeout };
}

module.exports = {
  type: 'diff',
  rows: { of: { type: 'string' }, with: { type: 'path', default: LAST } },
  outputs: ['verdict', 'kind', 'path', 'with', 'because'],
  read,
  check: ({ settings, earlier, where }) => checkInput(settings.of, earlier, where),
  run,
  keptFiles,
};
