'use strict';

/**
 * What runs, how far it is, and how it ended.
 *
 * @module
 */

const { button, element } = require('./dom.js');
const { keyed } = require('./profiler-dom.js');
const { duration } = require('./profiler-format.js');
const { attempt, page, spoken } = require('./profiler-page.js');
const { texts } = require('./profiler-texts.js');

/** What ended is news for so long. */
const NEWS_MS = 300_000;
const MOST_ENDED = 3;

const now = () => Date.now() + page.clockOffset;

const isRunning = ({ state }) => state === 'running';

const percentOf = ({ percent }) => (Number.isFinite(percent) ? Math.round(percent) : undefined);

const nameOf = ({ kind }) => texts(`kind.${kind}`);

/** Those that run, and the last that ended. What a view has analysed, the view shows. */
function shownOf(operations) {
  const ended = operations.filter(
    (one) =>
      !isRunning(one) &&
      now() - Date.parse(one.endedAt) < NEWS_MS &&
      (one.kind !== 'analysis' || one.state === 'failed'),
  );
  return [...operations.filter(isRunning), ...ended.slice(0, MOST_ENDED)];
}

function detailOf(operation) {
  const { startedAt, seconds, phase, state, error, verdict } = operation;
  if (!isRunning(operation))
    return [texts(`state.${state}`), error?.message ?? verdict].filter(Boolean).join(' · ');
  const passed = Math.max(0, Math.floor((now() - Date.parse(startedAt)) / 1000));
  const [time, all] = [passed, seconds].map((one) => duration(one * 1000));
  const percent = percentOf(operation);
  return [percent !== undefined && `${percent} %`, seconds ? `${time} / ${all}` : time, phase]
    .filter(Boolean)
    .join(' · ');
}

function makeButtons(operation) {
  const { id, canStop, canCancel, capture, state } = operation;
  const { status, api } = page;
  const act = (key, request) =>
    button(texts(key), async ({ target }) => {
      target.disabled = true;
      const changed = await attempt(request);
      if (changed) page.operationChanged(changed);
      target.disabled = false;
    });
  const may = status.can.act && isRunning(operation);
  return element(
    'div.buttons',
    may && canStop && act('stopKeep', () => api.post(`operations/${id}/stop`)),
    may && canCancel && act('cancel', () => api.remove(`operations/${id}`)),
    status.can.download &&
      state === 'done' &&
      capture &&
      element('a.button', { href: `#/capture/${capture}` }, texts('open')),
  );
}

function makeItem(operation) {
  const detail = element('span.soft');
  const bar =
    isRunning(operation) && element('progress', { 'aria-label': nameOf(operation), max: 100 });
  const name = element('div', element('strong', nameOf(operation)), ' ', detail);
  const item = element(`li.panel.${operation.state}`, name, bar, makeButtons(operation));
  item.fill = (changed) => {
    detail.textContent = detailOf(changed);
    const percent = percentOf(changed);
    if (bar && percent !== undefined) bar.value = percent;
  };
  return item;
}

const keyOf = ({ id, state, canStop, canCancel, capture }) =>
  [id, state, canStop, canCancel, capture].join();

function makeOperations() {
  const list = element('ul.operations');
  return {
    element: list,
    update() {
      const shown = shownOf(page.operations);
      keyed(list, shown, keyOf, makeItem);
      shown.forEach((operation, at) => {
        list.children[at].fill(operation);
      });
    },
    /** What ends while somebody is here is said aloud. */
    tell(operation) {
      const { state, verdict } = operation;
      const said = [nameOf(operation), texts(`state.${state}`), verdict];
      spoken.textContent = said.filter(Boolean).join(texts('comma'));
    },
  };
}

module.exports = { makeOperations };
