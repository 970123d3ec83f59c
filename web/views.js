'use strict';

/**
 * The views of captures.
 *
 * @module
 */

const { showDiff } = require('./view-comparison.js');
const { showDiagnostics } = require('./view-diagnostics.js');
const { element } = require('./dom.js');
const { showHeap } = require('./view-heap.js');
const { showHistogram } = require('./view-histogram.js');
const { showProfile } = require('./view-profile.js');
const { Source, Task } = require('./view-source.js');
const { fill } = require('./view-waiting.js');

const VIEWS = {
  heapSnapshot: showHeap,
  cpuProfile: showProfile,
  heapProfile: showProfile,
  report: showDiagnostics,
  classHistogram: showHistogram,
};

/** An object that a comparison leads to, to be shown when its capture is opened. */
let wanted;

/** A place for a view, and its end. */
function place(root) {
  const ending = new AbortController();
  const inner = element('div.views');
  root.replaceChildren(inner);
  const unmount = () => {
    ending.abort();
    inner.remove();
  };
  return { inner, signal: ending.signal, unmount };
}

/**
 * Shows a capture.
 *
 * @param {HTMLElement} root
 * @param {object} how
 * @param {object} how.capture an entry of `captures`
 * @param {object} how.api
 * @param {(key: string, values?: object) => string} how.texts
 * @returns {{ unmount(): void }}
 */
function mountCapture(root, { capture, api, texts }) {
  const { inner, signal, unmount } = place(root);
  const source = new Source({ capture, api, signal });
  const object = wanted?.capture === capture.id ? wanted.object : undefined;
  wanted = undefined;
  const context = { capture, api, texts, signal, source, task: source.task, wanted: object };
  VIEWS[capture.kind](inner, context);
  return { unmount };
}

const idOf = (capture) => capture.id ?? capture;

/**
 * Compares two captures of a kind.
 *
 * @param {HTMLElement} root
 * @param {object} how
 * @param {object|string} how.before a capture, or its id
 * @param {object|string} how.after
 * @param {object} how.api
 * @param {(key: string, values?: object) => string} how.texts
 * @returns {{ unmount(): void }}
 */
function mountComparison(root, { before, after, api, texts }) {
  const { inner, signal, unmount } = place(root);
  const task = new Task(api, signal);
  const query = new URLSearchParams({ before: idOf(before), after: idOf(after) });
  inner.addEventListener('click', ({ target }) => {
    const object = target.closest('button.object')?.dataset.id;
    if (object === undefined) return;
    wanted = { capture: idOf(after), object: Number(object) };
    globalThis.location.hash = `#/capture/${idOf(after)}`;
  });
  fill(inner, { task, texts, signal }, async () => {
    const { id } = await task.run(`comparisons?${query}`);
    const nodes = showDiff(await api.get(`comparisons/${id}`, signal), texts);
    return [element('div.report', ...nodes)];
  });
  return { unmount };
}

module.exports = { mountCapture, mountComparison };
