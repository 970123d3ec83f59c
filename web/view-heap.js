'use strict';

/**
 * A heap snapshot: what the report says, its classes, the tree of dominators, and any object of it.
 *
 * @module
 */

const { liveTables } = require('./live-tables.js');
const { count } = require('../lib/units.js');
const { showClasses } = require('./view-classes.js');
const { element } = require('./dom.js');
const { showDominators } = require('./view-dominators.js');
const { ObjectHistory } = require('./view-history.js');
const { Inspector } = require('./view-inspector.js');
const { Tabs } = require('./view-tabs.js');
const { fill } = require('./view-waiting.js');

/** The report as the server writes it for its own pages: markup of ours, of which scripts are no part. */
function fragment(text) {
  const { body } = new DOMParser().parseFromString(text, 'text/html');
  for (const one of body.querySelectorAll('script, style, link')) one.remove();
  return [...body.childNodes];
}

function showReport(panel, context) {
  const { source, texts } = context;
  return fill(panel, context, async () => {
    const text = await source.kept(`report?lang=${texts.language ?? 'en'}`, 'text');
    const card = element('div', ...fragment(text));
    liveTables(card, (some, all) => texts('v.of', { some: count(some), all: count(all) }));
    return [card];
  });
}

function showHeap(root, context) {
  const { texts, capture, signal } = context;
  let before = 'report';
  const show = (object) => {
    if (object === undefined) return tabs.show(before);
    if (tabs.current !== 'object') before = tabs.current;
    tabs.show('object');
    inspector.show(object);
  };
  const history = new ObjectHistory(capture.id, show, signal);
  const inspect = (object) => {
    history.push(object);
    show(object);
  };
  const inner = { ...context, inspect };
  const inspector = new Inspector(inner, history);
  const tabs = new Tabs(
    [
      { name: 'report', title: texts('v.report'), make: (panel) => showReport(panel, inner) },
      { name: 'classes', title: texts('v.classes'), make: (panel) => showClasses(panel, inner) },
      {
        name: 'dominators',
        title: texts('v.dominators'),
        make: (panel) => showDominators(panel, inner),
      },
      {
        name: 'object',
        title: texts('v.object'),
        isHidden: true,
        make: (panel) => panel.append(inspector.element),
      },
    ],
    texts('v.views'),
  );
  root.replaceChildren(tabs.element);
  tabs.element.addEventListener('click', ({ target }) => {
    const id = target.closest('button.object')?.dataset.id;
    if (id !== undefined) inspect(Number(id));
  });
  tabs.show('report');
  const first = context.wanted ?? history.current;
  if (first !== undefined) inspect(first);
}

module.exports = { showHeap };
