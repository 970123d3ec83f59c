'use strict';

/**
 * `classHistogram()`: how many objects of which class there are, counted by a forked child. For when a
 * heap snapshot fits neither the disk nor the memory.
 *
 * @module
 */

const { throwIfAborted } = require('./abort.js');
const { Capture } = require('./capture.js');
const { RsprofError } = require('./errors.js');
const { whyNoRoom } = require('./forecast.js');
const { ForkRecording } = require('./fork-recording.js');
const { enter } = require('./gate.js');
const { resolveOptions } = require('./options.js');
const { unforkable } = require('./snapshot-strategy.js');
const version = require('./version.js');

/** First field of every file; its number grows when a field changes its meaning. */
const FORMAT = 'rsprof-classes/1';

function checkFork(backend) {
  const reason = unforkable(backend);
  if (!reason) return;
  const message =
    `rsprof cannot count the classes here: a forked child has to, and ${reason}; ` +
    'take a heap profile or a heap snapshot';
  throw new RsprofError('ERR_RSPROF_UNSUPPORTED', message);
}

/** A child that must take a snapshot for it needs the room for one. */
function checkRoom() {
  const figures = whyNoRoom({ force: false });
  if (figures === null) return;
  const message =
    `rsprof did not fork for the class histogram: Node ${process.versions.node} has to take a heap ` +
    `snapshot for it, and ${figures}; Node 20.1 and later need far less`;
  throw new RsprofError('ERR_RSPROF_BUDGET', message);
}

/** The fields of the file that are known before anything is counted; it tells the time of the fork. */
function headOf(how) {
  const { node } = process.versions;
  return () =>
    JSON.stringify({ format: FORMAT, at: new Date().toISOString(), node, rsprof: version, how });
}

/** What the child is to do, as of lib/snapshot-strategy.js. */
function requestOf({ target, tempDir, how, budget }) {
  return {
    target,
    tempDir,
    budget,
    classes: { query: how === 'query', head: headOf(how) },
    compression: 'none',
    level: 1,
    numericValues: false,
    exposeInternals: false,
    redactKey: null,
    stableIds: false,
    spill: false,
    // What is asked of the memory is asked by `checkRoom`.
    force: true,
    fallback: false,
  };
}

function figuresOf({ pauses, fork, bytes, sha256, classes, objectCount, classCount }, how) {
  return {
    bytes,
    rawBytes: bytes,
    sha256,
    objectCount,
    classCount,
    classes,
    how,
    pauseMs: pauses.forkMs + pauses.releaseMs,
    fork,
  };
}

async function countToFile(capture) {
  const { settings, signal } = capture;
  const output = capture.openOutput();
  const backend = capture.backend();
  checkFork(backend);
  const how = backend.queriesObjects() ? 'query' : 'snapshot';
  if (how === 'snapshot') checkRoom();
  await capture.swept;
  throwIfAborted(signal);
  output.create(capture.guardFile);
  const { budget } = settings;
  const place = { target: output.partial, tempDir: output.dir };
  const recording = new ForkRecording(backend, requestOf({ ...place, how, budget }));
  const report = await capture.follow(recording);
  throwIfAborted(signal);
  return capture.commit(output, figuresOf(report, how));
}

/**
 * Counts the objects of this thread by class and writes that to a file. See index.d.ts.
 *
 * @param {object} [options]
 * @returns {Promise<object>}
 */
async function classHistogram(options) {
  const settings = { ...resolveOptions('classHistogram', options), compression: 'none' };
  // A fork is a fork: its child must not meet that of a snapshot.
  const leave = await enter('heapSnapshot', settings);
  const capture = new Capture('classHistogram', settings);
  capture.defer(leave);
  return capture.run(() => countToFile(capture));
}

module.exports = { FORMAT, classHistogram };
