'use strict';

/**
 * A stopped CPU profile in the shapes of v8-profiler.
 *
 * @module
 */

const { exportText } = require('./export-stream.js');

/** Places in a row of the raw profile, see `src/export/raw.rs`. */
const [ID, HITS, FUNCTION, SCRIPT, LINE, COLUMN, SCRIPT_ID, BAILOUT, TICKS, CHILDREN] =
  Array(10).keys();

/** A number for a function, the same each time: V8 has had none of its own since version 8. */
function callUid(row) {
  let hash = 0x811c9dc5;
  for (const character of [row[FUNCTION], row[SCRIPT], row[LINE], row[COLUMN]].join('\n')) {
    hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193);
  }
  return hash >>> 0;
}

/** `[line, hits, ...]` as objects; undefined for none. */
function lineTicks(ticks) {
  if (ticks.length === 0) return undefined;
  return Array.from({ length: ticks.length / 2 }, (_, index) => ({
    line: ticks[2 * index],
    hitCount: ticks[2 * index + 1],
  }));
}

function withTicks(node, row) {
  const ticks = lineTicks(row[TICKS]);
  if (ticks) node.lineTicks = ticks;
  return node;
}

function treeNode(row, callUids) {
  const node = {
    functionName: row[FUNCTION],
    url: row[SCRIPT],
    lineNumber: row[LINE],
    columnNumber: row[COLUMN],
  };
  if (callUids) node.callUID = callUid(row);
  return withTicks(
    Object.assign(node, {
      bailoutReason: row[BAILOUT],
      id: row[ID],
      scriptId: row[SCRIPT_ID],
      hitCount: row[HITS],
      children: [],
    }),
    row,
  );
}

/** The root, with all others below it. Callers stand before their callees. */
function tree(rows, callUids) {
  const nodes = new Map(rows.map((row) => [row[ID], treeNode(row, callUids)]));
  for (const row of rows) {
    nodes.get(row[ID]).children = row[CHILDREN].map((id) => nodes.get(id));
  }
  return nodes.get(rows[0]?.[ID]);
}

function flatNode(row) {
  const callFrame = {
    functionName: row[FUNCTION],
    scriptId: row[SCRIPT_ID],
    bailoutReason: row[BAILOUT],
    url: row[SCRIPT],
    lineNumber: row[LINE],
    columnNumber: row[COLUMN],
  };
  return {
    id: row[ID],
    hitCount: row[HITS],
    callFrame: withTicks(callFrame, row),
    children: row[CHILDREN],
  };
}

const seconds = (microseconds) => Math.trunc(microseconds / 1e6);

function flatFields(raw) {
  const { startTime, endTime, samples, timestamps } = raw;
  const timeDeltas = timestamps.map((time, index) => time - (timestamps[index - 1] ?? startTime));
  return { nodes: raw.nodes.map(flatNode), startTime, endTime, samples, timeDeltas };
}

function treeFields({ startTime, endTime, nodes, samples, timestamps }, callUids) {
  const head = tree(nodes, callUids);
  const times = { startTime: seconds(startTime), endTime: seconds(endTime) };
  return { head, ...times, samples, timestamps };
}

class CpuProfile {
  /**
   * @param {{ uid: string, title: string, functions: object }} about `functions`: its own
   * @param {object} raw see host.js
   * @param {{ isFlat: boolean, callUids: boolean }} shape
   */
  constructor({ uid, title, functions }, raw, { isFlat, callUids }) {
    Object.assign(this, functions);
    this.typeId = 'CPU';
    this.uid = uid;
    this.title = title;
    Object.assign(this, isFlat ? flatFields(raw) : treeFields(raw, callUids));
  }
}

// Seen by `for in`, as those of the package are.
CpuProfile.prototype.getHeader = function getHeader() {
  return { typeId: this.typeId, uid: this.uid, title: this.title };
};

CpuProfile.prototype.export = function exportProfile(receiver) {
  return exportText(this, receiver);
};

module.exports = { CpuProfile };
