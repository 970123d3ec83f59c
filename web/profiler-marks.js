'use strict';

/**
 * What happened, for the time axis: captures and rules that fired.
 *
 * @module
 */

const { texts } = require('./profiler-texts.js');

/** @typedef {{ time: number, isCapture: boolean, text: string }} Mark */

/** What the watcher did; where the server does not tell, when each rule fired last (null is long ago). */
function deedsOf({ marks, watcher }) {
  const rules = watcher?.rules ?? [];
  return (
    marks?.filter(({ kind }) => kind !== 'skip') ??
    rules.map(({ name, lastFiredAt }) => ({ time: lastFiredAt, text: name }))
  );
}

/**
 * @param {object} status as the server gives it
 * @param {object[]} captures as `captures` lists them
 * @param {number} from ms since the epoch
 * @param {number} to
 * @returns {Mark[]} captures last: they are what one looks for
 */
function marksOf(status, captures, from, to) {
  const deeds = deedsOf(status).map(({ time, text }) => [time, false, text]);
  const taken = captures.map(({ startedAt, kind, reason }) => {
    return [startedAt, true, [texts(`kind.${kind}`), reason].filter(Boolean).join(' · ')];
  });
  return [...deeds, ...taken]
    .map(([time, isCapture, text]) => ({ time: new Date(time).getTime(), isCapture, text }))
    .filter(({ time }) => time >= from && time <= to);
}

/** The mark closest to `time`, no further than `reach`. */
function markNear(marks, time, reach) {
  let found;
  for (const mark of marks) {
    const distance = Math.abs(mark.time - time);
    if (distance <= reach && !(distance > Math.abs(found?.time - time))) found = mark;
  }
  return found;
}

module.exports = { markNear, marksOf };
