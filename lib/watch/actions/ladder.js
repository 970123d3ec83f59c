'use strict';

/**
 * What is taken where a heap snapshot does not fit: the classes of the heap and how many objects each
 * has, and a few seconds of allocations. Where not even these fit the readings have to do. Less is no
 * failure: only an abort is.
 *
 * @module
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { whyNot } = require('./fits.js');
const { reasonOf } = require('./values.js');

/** What stands in the output for a step that could not be taken. */
const missing = (error) => ({ path: null, error });

/** One step: its result, or why there is none. */
async function attempt(signal, take) {
  try {
    return (await take()) ?? missing('it gave no result');
  } catch (error) {
    if (signal.aborted) throw error;
    return missing(String(error?.message ?? error));
  }
}

/** Counts without leaving a file: it goes to the folder for temporary ones, and from there again. */
async function countOnly(count) {
  const dir = await fs.promises.mkdtemp(path.join(os.tmpdir(), 'rsprof-classes-'));
  try {
    return { ...(await count(dir)), path: null, sidecar: null };
  } finally {
    await fs.promises.rm(dir, { recursive: true, force: true });
  }
}

/** The figures are worth having without a file, too: where there is no room for one. */
async function countClasses({ context, signal }) {
  if (!context.classHistogram) return null;
  const reason = reasonOf(context);
  const count = (dir) => context.classHistogram({ dir, reason, signal });
  const why = await whyNot(context, 'classHistogram');
  if (why !== null) return attempt(signal, () => countOnly(count));
  return attempt(signal, async () => {
    try {
      return await count(context.dir);
    } catch (error) {
      if (signal.aborted || error?.code !== 'ERR_RSPROF_DISK_FULL') throw error;
      return countOnly(count);
    }
  });
}

async function profileAllocations({ settings, context, signal }) {
  const why = await whyNot(context, 'heapProfile');
  if (why !== null) return missing(why);
  const { heapProfile } = require('../../heap-profile.js');
  const { dir } = context;
  const seconds = settings.insteadSeconds;
  const reason = reasonOf(context);
  return attempt(signal, () => heapProfile({ dir, seconds, queue: true, reason, signal }));
}

/**
 * @param {object} how `settings`, `context` and `signal` of the action, and `because`: why there is no
 *   snapshot
 * @returns {Promise<object>} the output
 * @throws {RsprofError} ABORTED
 */
async function takeInstead(how) {
  // The quick one first: what is out of room may soon be out of time.
  const classHistogram = await countClasses(how);
  const heapProfile = await profileAllocations(how);
  const { because, context } = how;
  return {
    kind: 'heapSnapshot',
    path: null,
    sidecar: null,
    insteadOf: 'heapSnapshot',
    because,
    heapProfile,
    classHistogram,
    readings: context.readings ?? null,
  };
}

module.exports = { takeInstead };
