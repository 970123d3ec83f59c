'use strict';

/**
 * `label()`: CPU samples of what a function does, and of what goes on from there asynchronously, are
 * attributed to its labels.
 *
 * @module
 */

const { AsyncLocalStorage } = require('node:async_hooks');
const { inspect } = require('node:util');
const { invalidArgument } = require('./errors.js');
const { innerSet } = require('./label-sets.js');
const recorder = require('./label-recorder.js');

/** Holds the current set of labels. */
const storage = new AsyncLocalStorage();

/** The storage has changed and the recorder has not heard of it, or the other way round. */
let isSwitching = false;

function currentId() {
  const set = storage.getStore();
  return set === undefined ? 0 : set.id;
}

/** Runs in the middle of other JavaScript, also of what is in this file: reads, and changes nothing. */
recorder.setSource(() => (isSwitching ? undefined : currentId()));

function enter(outerId, id, fn, args) {
  recorder.switchLabel(outerId, id);
  isSwitching = false;
  try {
    return fn(...args);
  } finally {
    isSwitching = true;
  }
}

/** Tells the recorder exactly when the synchronous part of the call begins and ends. */
function runRecorded(outerId, set, fn, args) {
  isSwitching = true;
  try {
    return storage.run(set, enter, outerId, set.id, fn, args);
  } finally {
    recorder.switchLabel(set.id, outerId);
    isSwitching = false;
  }
}

/** The current labels and these, as {@link runUnder} wants them. */
function setWith(labels) {
  return innerSet(storage.getStore(), labels);
}

/** Runs a function under a set of labels. */
function runUnder(set, fn, args = []) {
  if (recorder.isRecording()) return runRecorded(currentId(), set, fn, args);
  return storage.run(set, fn, ...args);
}

/**
 * Runs a function under labels. See index.d.ts.
 *
 * @param {Record<string, string>} labels
 * @param {(...args: unknown[]) => T} fn
 * @param {...unknown} args
 * @returns {T}
 * @throws {RsprofError} INVALID_ARG
 * @template T
 */
function label(labels, fn, ...args) {
  if (typeof fn !== 'function') {
    throw invalidArgument(`label() needs a function to run; got ${inspect(fn, { depth: 0 })}`);
  }
  return runUnder(setWith(labels), fn, args);
}

module.exports = { label, runUnder, setWith };
