'use strict';

/**
 * What a watcher did, as marks on charts: one for each firing, with the capture that came of it.
 *
 * @module
 */

const { captureId } = require('./capture-id.js');

const CAPTURE = /\.(heapsnapshot|cpuprofile|heapprofile)(\.gz|\.zst)?$/;

/** The first capture among names of files. */
function captureIn(files) {
  const name = files.find((file) => CAPTURE.test(file));
  return name === undefined ? null : captureId(name);
}

const TEXTS = Object.freeze({
  fire: ({ rule, reason }) => `rule ${rule}: ${reason}`,
  done: ({ rule, reason, verdict }) => `rule ${rule}: ${verdict ?? reason}`,
  skip: ({ rule, reason }) => `rule ${rule} skipped: ${reason}`,
  stuck: ({ verdict }) => verdict ?? 'the event loop was stuck',
  crash: ({ verdict }) => verdict ?? 'an earlier process did not end by itself',
});

function markOf(occurrence) {
  const { event, rule, files, at } = occurrence;
  const text = TEXTS[event](occurrence);
  return { time: at, kind: event, rule, text, capture: captureIn(files) };
}

/** What came of a firing is told by its own mark. */
function finish(mark, occurrence) {
  const { verdict, files } = occurrence;
  mark.capture = captureIn(files);
  if (verdict) mark.text = `${mark.text}; ${verdict}`;
}

/**
 * @param {import('../watch/followers.js').Occurrence[]} occurrences oldest first
 * @returns {{ time: number, kind: string, rule: string|null, text: string, capture: string|null }[]}
 */
function marksOf(occurrences) {
  const marks = [];
  const running = new Map();
  for (const occurrence of occurrences) {
    const { event, rule } = occurrence;
    if (!(event in TEXTS)) continue;
    const begun = event === 'done' ? running.get(rule) : undefined;
    if (begun) finish(begun, occurrence);
    else marks.push(markOf(occurrence));
    if (event === 'fire') running.set(rule, marks.at(-1));
    else if (event === 'done') running.delete(rule);
  }
  return marks;
}

module.exports = { marksOf };
