'use strict';

/**
 * Makes room: what has to go from a folder of captures so that it stays within its limits.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { log } = require('../diagnostics.js');

/** @typedef {import('./inventory.js').Capture} Capture */

const sumOf = (captures) => captures.reduce((sum, { bytes }) => sum + bytes, 0);

/** Takes the oldest until `need` bytes are found; none where all together are fewer. */
function oldestOf(candidates, need) {
  if (!(need > 0) || sumOf(candidates) < need) return [];
  let bytes = 0;
  return candidates.filter(({ bytes: own }) => {
    const isNeeded = bytes < need;
    bytes += own;
    return isNeeded;
  });
}

/** What is left of some captures without others. */
const without = (captures, gone) => captures.filter((one) => !gone.includes(one));

/** The oldest beyond so many. */
const beyond = (captures, keep) => captures.slice(0, Math.max(0, captures.length - keep));

/** What has to go so that there is room for `reserve` more bytes; undefined where that cannot be. */
function makeRoom(candidates, { usedBytes, quotaBytes, freeBytes, minFreeBytes }, reserve) {
  const needs = [usedBytes + reserve - quotaBytes, reserve + minFreeBytes - freeBytes];
  const need = Math.max(0, ...needs.filter((one) => one > 0));
  const gone = oldestOf(candidates, need);
  return need > 0 && gone.length === 0 ? undefined : gone;
}

/** Each maker keeps so many: what somebody takes by a button pushes out nothing of the rules. */
function beyondKeep(ours, keep) {
  const notes = ours.filter(({ isNote }) => isNote);
  const whole = without(ours, notes);
  const byProfiler = whole.filter(({ isProfilers }) => isProfilers);
  const kinds = [without(whole, byProfiler), byProfiler, notes];
  return kinds.flatMap((captures) => beyond(captures, keep));
}

/** What is beyond the limits of what rules and the profiler made themselves. */
function surplus(ours, removable, { keep, quotaBytes }) {
  const excessive = beyondKeep(ours, keep);
  const tooMany = removable.filter((one) => excessive.includes(one));
  const rest = without(removable, tooMany);
  // Not for others' sake: a large capture that somebody took by hand must not cost all of these.
  const excess = Math.min(sumOf(rest), sumOf(without(ours, tooMany)) - quotaBytes);
  return [...tooMany, ...oldestOf(rest, excess)];
}

/**
 * What goes, oldest first: what is beyond `keep`; what rules and the profiler made beyond the quota; and where
 * that makes enough room, what stands in the way of `reserve` more bytes, or of none. Never what others made,
 * the newest that these made, or what is protected.
 *
 * @param {object} wish
 * @param {Capture[]} wish.captures oldest first
 * @param {number} wish.usedBytes of all that is rsprof's
 * @param {ReadonlySet<string>} wish.protect names
 * @param {number} wish.keep captures of rules, and as many of the profiler
 * @param {number} wish.quotaBytes
 * @param {number} [wish.reserve] bytes that are to come
 * @param {number} [wish.freeBytes] on the disk; NaN: unknown
 * @param {number} [wish.minFreeBytes] of them that shall stay free
 * @returns {Capture[]}
 */
function planRemoval(wish) {
  const { captures, protect, reserve = 0, freeBytes = Number.NaN, minFreeBytes = 0 } = wish;
  const ours = captures.filter(({ isRules }) => isRules);
  const newest = ours.findLast(({ isNote }) => !isNote);
  const isFree = (one) => one !== newest && !one.files.some((name) => protect.has(name));
  const removable = ours.filter(isFree);
  const gone = surplus(ours, removable, wish);
  const freed = sumOf(gone);
  const left = {
    ...wish,
    usedBytes: wish.usedBytes - freed,
    freeBytes: freeBytes + freed,
    minFreeBytes,
  };
  const rest = without(removable, gone);
  return [...gone, ...(makeRoom(rest, left, reserve) ?? makeRoom(rest, left, 0) ?? [])];
}

async function removeFile(dir, name) {
  try {
    await fs.promises.unlink(path.join(dir, name));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

async function removeOne(dir, { files, name }) {
  try {
    for (const file of files) await removeFile(dir, file);
    return true;
  } catch (error) {
    log('cannot remove %s of %s: %s', name, dir, error.message);
    return false;
  }
}

/**
 * Removes captures with all that goes with them. Never fails: what cannot be removed stays.
 *
 * @param {string} dir absolute
 * @param {Capture[]} captures names that were read in `dir`
 * @returns {Promise<Capture[]>} those that are gone
 */
async function removeCaptures(dir, captures) {
  const gone = [];
  for (const capture of captures) {
    if (await removeOne(dir, capture)) gone.push(capture);
  }
  return gone;
}

module.exports = { planRemoval, removeCaptures };
