'use strict';

/**
 * A black box for programs.
 *
 * @module
 */

const MINUTES = 10;
const MINUTE_MS = 60_000;

/** Rows of the finest tier that reaches so far, in the order of `metrics`; null is what is not known. */
function readingsOf(box, minutes) {
  const ms = minutes * MINUTE_MS;
  const found = box.tiers.findIndex(({ step, slots }) => step * slots >= ms);
  const tier = found < 0 ? box.tiers.length - 1 : found;
  const rows = [...box.rows(tier)].filter(({ time }) => time > box.lastSeen - ms);
  return { step: box.tiers[tier].step, rows: rows.map(({ values }) => [...values]) };
}

const short = ({ box, summary }) => ({
  path: box.path,
  lastSeen: box.lastSeen,
  pid: box.info.pid,
  threadId: box.info.threadId,
  verdict: summary,
});

/**
 * @param {{ box: object, summary: object, others: object[], unread: number }} chosen of `openFileOrFolder()`
 * @param {number} [minutes] how far back the readings go
 * @returns {object} times in ms since the epoch
 */
function blackboxJson(chosen, minutes = MINUTES) {
  const { box, summary, others } = chosen;
  const { path, info, lastSeen, tail, end, events, reported, damaged, metrics } = box;
  const readings = { minutes, metrics, ...readingsOf(box, minutes) };
  const found = { kind: 'blackbox', path, verdict: summary, info, lastSeen, tail, end, events };
  return { ...found, reported, damaged, readings, others: others.map(short) };
}

module.exports = { blackboxJson };
