'use strict';

/**
 * When a larger young generation would save time, and which flag gives it.
 *
 * Scavenges cost what survives them, and come as often as the semi-space is full: one that is four times
 * as large is collected a quarter as often, while not much more is alive in it.
 *
 * @module
 */

const { isMainThread } = require('node:worker_threads');
const { duration, percent, plural, size } = require('../units.js');
const { ofKind } = require('./kinds.js');
const { SPACES } = require('./surroundings.js');

const MIB = 1 << 20;

/** Of the time; and of a profile that is no mere start. */
const SHARE = 0.05;
const COUNT = 20;

/** Scavenges of half-empty spaces have another reason: Buffers, or the program itself. */
const FILL = 0.5;

/** If so much of what survived is there at the end, objects stay: they are copied whatever the size. */
const KEPT = 0.7;

/** Of what is in a semi-space: V8 lets it grow as objects survive. */
const LITTLE = 0.1;

const FACTOR = 4;
const LEAST_MIB = 16;
const MOST_MIB = 128;

/** The larger young generation may take so much of the memory that is left. */
const MEMORY_SHARE = 0.25;

const toMib = (bytes) => Math.round(bytes / MIB);

function wantedMib(capacity) {
  const power = 2 ** Math.ceil(Math.log2(Math.max(1, toMib(capacity)) * FACTOR));
  return Math.min(MOST_MIB, Math.max(LEAST_MIB, power));
}

/** The largest power of two that fits, or null: then there is nothing to advise. */
function affordableMib(capacity, { memoryBytes, rssBytes }) {
  const room = Math.max(0, memoryBytes - rssBytes) * MEMORY_SHARE;
  let mib = wantedMib(capacity);
  while ((mib * MIB - capacity) * SPACES > room) mib /= 2;
  return mib >= 2 * toMib(capacity) ? mib : null;
}

/** The limit alone helps only a space that has grown up to it; one that has not must begin larger. */
function flagFor(mib, { semiSpaceBytes, semiSpaceLimitBytes: limit }) {
  const min = `--min-semi-space-size=${mib}`;
  const max = `--max-semi-space-size=${mib}`;
  if (limit !== null && mib * MIB <= limit) return min;
  return semiSpaceBytes === limit ? max : `${max} ${min}`;
}

/** Whether most of the bytes that survived a scavenge are still there. */
function isKept({ survivalRate, copiedBytes, promotedBytes }, { oldGrowthBytes }) {
  return survivalRate >= LITTLE && oldGrowthBytes >= KEPT * Math.max(copiedBytes, promotedBytes);
}

function why({ survivalRate, semiSpaceBytes, copiedBytes, promotedBytes }, count, flag) {
  const now = size(Math.max(1, toMib(semiSpaceBytes)) * MIB);
  if (flag.includes('--min') && survivalRate < LITTLE)
    return `hardly anything survives them, so V8 leaves the semi-space at ${now}`;
  const each = size((copiedBytes + promotedBytes) / count);
  return `each copied ${each} (${percent(survivalRate)}) that was still needed, out of a semi-space of ${now}`;
}

function howTo(flag, mib) {
  const texts = [`try ${flag}`];
  if (flag.includes('--min') && !process.allowedNodeEnvironmentFlags.has('--min-semi-space-size')) {
    texts.push(' (on the command line, NODE_OPTIONS does not take it)');
  }
  if (!isMainThread && flag.includes('--max')) {
    texts.push(
      `, or resourceLimits: { maxYoungGenerationSizeMb: ${mib * SPACES} } for this worker alone`,
    );
  }
  return texts.join('');
}

/**
 * @param {object} figures see figures.js
 * @returns {object|null} an advice
 */
function semiSpace(figures) {
  const { young, heap, surroundings, durationMs } = figures;
  const { count, totalMs, share } = ofKind(figures, 'scavenge');
  if (share < SHARE || count < COUNT || young.fill < FILL || isKept(young, heap)) return null;
  const mib = affordableMib(young.semiSpaceBytes, surroundings);
  if (mib === null) return null;
  const flag = flagFor(mib, young);
  const memoryBytes = (mib - toMib(young.semiSpaceBytes)) * SPACES * MIB;
  const text =
    `${plural(count, 'scavenge')} took ${duration(totalMs)} of ${duration(durationMs)} (${percent(share)}); ` +
    `${why(young, count, flag)}: ${howTo(flag, mib)}. It takes up to ${size(memoryBytes)} more memory in each thread.`;
  const { survivalRate, semiSpaceBytes } = young;
  return {
    rule: 'semi-space',
    text,
    flag,
    figures: { count, totalMs, share, survivalRate, semiSpaceBytes, memoryBytes },
  };
}

module.exports = { semiSpace };
