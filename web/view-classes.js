'use strict';

/**
 * The classes of a heap and, of one of them, its objects.
 *
 * @module
 */

const { count, size } = require('../lib/units.js');
const { button, element } = require('./dom.js');
const { columns, objectCell, plainButton, shareCell, shown } = require('./view-dom.js');
const { PagedTable } = require('./view-paged-table.js');
const { fill } = require('./view-waiting.js');

const { minor, number, row, way } = columns;

const query = (entries) => new URLSearchParams(entries);

const share = (texts) => ({
  ...number(texts('v.share'), ({ share: part }) => part),
  cell: shareCell,
});

function classColumns(texts, onClass) {
  const name = (one) => {
    const title = texts('v.objectsOf', { name: shown(one.name) });
    const how = { title, class: 'object' };
    const open = button(shown(one.name), () => onClass(one.name, open), how);
    return open;
  };
  return [
    { ...row(texts('v.class'), name), order: 'name' },
    { ...number(texts('v.objects'), (one) => one.count, count), order: 'count' },
    { ...minor(number(texts('v.shallow'), (one) => one.selfSize, size)), order: 'self' },
    { ...number(texts('v.retained'), (one) => one.retainedSize, size), order: 'retained' },
    share(texts),
  ];
}

function classTable({ source, texts }, onClass) {
  return new PagedTable({
    label: texts('v.classes'),
    columns: classColumns(texts, onClass),
    order: 'retained',
    searches: true,
    texts,
    load: ({ search, order, offset, limit }) =>
      source.ask(`classes?${query({ search, sort: order, offset, limit })}`),
  });
}

function objectTable({ source, texts }, name) {
  return new PagedTable({
    label: texts('v.objectsOf', { name: shown(name) }),
    columns: [
      row(texts('v.object'), objectCell),
      minor(number(texts('v.shallow'), (one) => one.selfSize, size)),
      number(texts('v.retained'), (one) => one.retainedSize, size),
      share(texts),
      way(texts('v.heldBy'), (one) => shown(one.pathText ?? '')),
    ],
    texts,
    load: ({ offset, limit }) => source.ask(`objects?${query({ class: name, offset, limit })}`),
  });
}

/** Fills the panel with the classes; a class with its objects, and a way back. */
function showClasses(panel, context) {
  const { texts } = context;
  const all = element('div.card');
  const one = element('div.card', { hidden: true });
  const open = (name, opener) => {
    const back = plainButton(texts('v.allClasses'), () => {
      [all.hidden, one.hidden] = [false, true];
      opener.focus();
    });
    const table = objectTable(context, name);
    const title = element('h3', texts('v.objectsOf', { name: shown(name) }));
    const place = element('div');
    [all.hidden, one.hidden] = [true, false];
    one.replaceChildren(element('div.bar', back), title, place);
    back.focus();
    fill(place, context, () => table.show().then(() => [table.element]));
  };
  const table = classTable(context, open);
  panel.replaceChildren(all, one);
  fill(all, context, () => table.show().then(() => [table.element]));
}

module.exports = { showClasses };
