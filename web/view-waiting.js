'use strict';

/**
 * What stands in the place of an answer: how far it is, or why there is none.
 *
 * @module
 */

const { element, setAttributes } = require('./dom.js');
const { plainButton, shown } = require('./view-dom.js');

function waiting(task, texts, signal) {
  const status = element('p', { role: 'status' }, texts('v.asking'));
  const progress = element('progress', { max: 100, 'aria-label': texts('v.progress') });
  const phase = element('p.soft');
  const cancel = plainButton(texts('v.cancel'), () => {
    cancel.disabled = true;
    task.cancel();
  });
  const show = () => {
    const { operation } = task;
    cancel.hidden = !operation?.canCancel;
    if (!operation) return;
    const { percent, kind } = operation;
    setAttributes(progress, { value: percent ?? false });
    // Spoken once, not with each percent.
    const text = texts(kind === 'comparison' ? 'v.comparing' : 'v.reading');
    if (status.textContent !== text) status.textContent = text;
    const part = percent === null ? '' : `${Math.floor(percent)} %`;
    phase.textContent = [part, operation.phase].filter(Boolean).join(' · ');
  };
  show();
  task.addEventListener('change', show, { signal });
  const card = element('div.card.waiting', status, progress, phase, cancel);
  return element('div.report', card);
}

function failed(error, texts, again) {
  const text = error.isCancelled ? texts('v.cancelled') : shown(error.message);
  const retry = plainButton(texts(error.isCancelled ? 'v.analyse' : 'v.again'), again);
  const card = element('div.card', { role: 'alert' }, element('p', text), retry);
  return element('div.report', card);
}

/**
 * Fills an element with what `make` gives. Until then it shows how far the task is, afterwards what went
 * wrong, with a way to try again.
 *
 * @param {HTMLElement} place
 * @param {{ task: object, texts: Function, signal: AbortSignal }} context
 * @param {() => Promise<Node[]>} make
 * @param {() => void} [whenShown] once it is there
 */
async function fill(place, context, make, whenShown = () => {}) {
  const { task, texts, signal } = context;
  const ending = new AbortController();
  setAttributes(place, { 'aria-busy': 'true' });
  place.replaceChildren(waiting(task, texts, ending.signal));
  try {
    const nodes = await make();
    if (signal.aborted) return;
    place.replaceChildren(...nodes);
    whenShown();
  } catch (error) {
    if (!signal.aborted)
      place.replaceChildren(failed(error, texts, () => fill(place, context, make, whenShown)));
  } finally {
    ending.abort();
    setAttributes(place, { 'aria-busy': false });
  }
}

module.exports = { failed, fill };
