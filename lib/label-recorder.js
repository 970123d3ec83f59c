'use strict';

/**
 * Between `label()` and the profiles: either may be there first, or alone. Requiring this file starts
 * nothing.
 *
 * @module
 */

const { setsAsJson } = require('./label-sets.js');

/** The function that answers the number of the current label; undefined until `label()` is used. */
let source;
/** What the native back end has for labels; undefined until a profile starts. */
let addon;
let isConnected = false;
let recordings = 0;

function connect() {
  if (isConnected || !source || !addon || recordings === 0) return;
  isConnected = true;
  addon.setLabelSource(source);
}

/** @param {() => number|undefined} currentId only reads; undefined where it cannot tell just now */
function setSource(currentId) {
  source = currentId;
  connect();
}

/**
 * A profile runs on the native back end.
 *
 * @param {{ setLabelSource(source: () => number|undefined): void, switchLabel(outer: number, inner: number): void }} native
 * @returns {() => void} it does no more; harmless when repeated
 */
function recordingStarts(native) {
  addon = native;
  recordings += 1;
  connect();
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    recordings -= 1;
  };
}

/** Whether a profile wants to know of switches. */
function isRecording() {
  return recordings > 0;
}

function switchLabel(outer, inner) {
  addon.switchLabel(outer, inner);
}

/** The sets of labels by their numbers, as JSON; undefined where there can be none. */
function labelSets() {
  return isConnected ? setsAsJson() : undefined;
}

module.exports = { isRecording, labelSets, recordingStarts, setSource, switchLabel };
