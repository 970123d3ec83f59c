'use strict';

/**
 * A class histogram: how many objects of which class.
 *
 * @module
 */

const { count } = require('../lib/units.js');
const { element } = require('./dom.js');
const { columns, figures, shareCell, shown } = require('./view-dom.js');
const { PagedTable } = require('./view-paged-table.js');
const { fill } = require('./view-waiting.js');

const ORDERS = {
  count: (a, b) => b.count - a.count,
  name: (a, b) => a.name.localeCompare(b.name),
};

/** Answers as the server does for the classes of a heap. */
function answer(classes, { search, order, offset, limit }) {
  const wanted = search.toLowerCase();
  const found = classes.filter(({ name }) => name.toLowerCase().includes(wanted));
  found.sort(ORDERS[order]);
  return { total: found.length, rows: found.slice(offset, offset + limit) };
}

function showHistogram(root, context) {
  const { api, source, texts, signal } = context;
  return fill(root, context, async () => {
    const { objectCount, classCount, classes } = await api.get(`${source.path}/file`, signal);
    const rows = classes.map((one) => ({ ...one, share: one.count / objectCount }));
    const table = new PagedTable({
      label: texts('v.classes'),
      columns: [
        { ...columns.row(texts('v.class'), ({ name }) => shown(name)), order: 'name' },
        { ...columns.number(texts('v.objects'), (one) => one.count, count), order: 'count' },
        { ...columns.number(texts('v.share'), ({ share }) => share), cell: shareCell },
      ],
      order: 'count',
      searches: true,
      texts,
      load: async (query) => answer(rows, query),
    });
    await table.show();
    const sums = [
      [texts('v.objects'), count(objectCount)],
      [texts('v.classes'), count(classCount)],
    ];
    const card = element('div.card', figures(sums), table.element);
    return [element('div.report', card)];
  });
}

module.exports = { answer, showHistogram };
