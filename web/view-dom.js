'use strict';

/**
 * What the views are put together from. Texts from a capture are texts: nothing here makes HTML of them.
 *
 * @module
 */

const { button, element, uniqueId } = require('./dom.js');
const { liveTables } = require('./live-tables.js');
const { count, percent, size } = require('../lib/units.js');
const { edgeLabel, objectName } = require('../lib/object-labels.js');
const { visible } = require('../lib/visible.js');

const LONGEST = 300;

/** On one line, cut where nobody would read on. */
function shown(text) {
  const whole = String(text);
  return visible(whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole);
}

const plainButton = (text, onClick) => button(text, onClick, { class: 'plain' });

const fileName = (path) => path.split(/[/\\]/).at(-1);

/** `rooms.js:12`. */
function placeOf(location) {
  if (!location) return '';
  const { file, line } = location;
  return shown(file === null ? `:${line}` : `${fileName(file)}:${line}`);
}

/** `Room` that opens the object, with its id and place beside it. */
function objectCell(object) {
  return element('span', objectButton(object), ' ', idOf(object));
}

/** Whoever shows objects listens to clicks on all of them at once. */
const objectButton = (object) =>
  element('button.object', { type: 'button', 'data-id': object.id }, shown(objectName(object)));

const idOf = (object) => element('span.id', `@${object.id} ${placeOf(object.location)}`.trimEnd());

/** A bar that is full to `share`; it says nothing that the text beside it does not. */
function bar(share) {
  const fill = element('span');
  fill.style.width = `${(100 * Math.min(1, Math.max(0, share))).toFixed(2)}%`;
  return element('span.meter', { 'aria-hidden': 'true' }, fill);
}

const shareCell = ({ share }) =>
  element('span', bar(share), element('span.figure', percent(share)));

/** `[title, text]` of each. */
function figures(pairs) {
  const items = pairs.map(([title, text]) =>
    element('div', element('dt', title), element('dd', text)),
  );
  return element('dl.figures', ...items);
}

function step({ edge, object }, at, path) {
  const isInternal = edge.kind === 'internal' || edge.kind === 'hidden';
  const kind = at === path.length - 1 ? 'end' : isInternal ? 'quiet' : 'way';
  const facts = ` @${object.id} ${placeOf(object.location)}`.trimEnd();
  return element(
    `li.${kind}`,
    element(
      'div.step',
      // How a root holds the first one tells nothing.
      at > 0 && element('b', shown(edgeLabel(edge))),
      objectButton(object),
      element('span', `${facts}, ${size(object.retainedSize)}`),
    ),
  );
}

/** The steps of a path, as a trail. */
const trail = (path) => element('ol.path', ...path.map(step));

/**
 * Columns as those of lib/cli/html/parts.js: `{ title, kind, cell, value }`; `order` is what a server is asked
 * to sort by.
 */
const columns = {
  row: (title, cell) => ({ title, kind: 'row', cell }),
  way: (title, cell) => ({ title, kind: 'way', cell }),
  number: (title, value, format = count) => ({
    title,
    kind: 'number',
    value,
    cell: (row) => format(value(row)),
  }),
  minor: (column) => ({ ...column, kind: `${column.kind} minor` }),
};

const withClasses = (tag, kind) => `${tag}.${kind.replace(' ', '.')}`;

function tableCell({ kind, cell, value }, row) {
  if (kind === 'row') return element('th', { scope: 'row' }, cell(row));
  return element(withClasses('td', kind), { 'data-value': value?.(row) }, cell(row));
}

const tableRow = (list, row) => element('tr', ...list.map((one) => tableCell(one, row)));

function headerCell({ title, kind }, isSorted, control) {
  const sorted = isSorted ? 'descending' : undefined;
  return element(withClasses('th', kind), { scope: 'col', 'aria-sort': sorted }, control ?? title);
}

/** The frame of a table that may be wider than the window. */
function scroll(table, label) {
  return element('div.scroll', { role: 'region', 'aria-label': label, tabindex: 0 }, table);
}

/** A field to search a table by, with what was found beside it. */
function searchField(label) {
  const id = uniqueId('find');
  const input = element('input', { id, type: 'search', autocomplete: 'off', spellcheck: 'false' });
  const output = element('output', { for: id });
  const tools = element('div.tools', element('label', { for: id }, label), input, output);
  return { tools, input, output };
}

/**
 * A card with a table that sorts by its headers, all of it here.
 *
 * @param {object} what
 * @param {string} what.title
 * @param {string} [what.caption]
 * @param {object[]} what.columns
 * @param {object[]} what.rows
 * @param {Function} what.texts
 * @param {Node[]} [what.more] what stands below the table
 */
function tableCard({ title, caption, columns: list, rows, texts, more = [] }) {
  const headers = list.map((column) =>
    headerCell(column, false, element('button', { type: 'button' }, column.title)),
  );
  const table = element(
    'table.live',
    caption && element('caption', caption),
    element('thead', element('tr', ...headers)),
    element('tbody', ...rows.map((row) => tableRow(list, row))),
  );
  const tools = rows.length > 8 && searchField(texts('v.search')).tools;
  const card = element('div.card', element('h3', title), tools, scroll(table, title), ...more);
  liveTables(card, (some, all) => texts('v.of', { some: count(some), all: count(all) }));
  return card;
}

/** What the engine says, in the colour of how bad it is. */
const verdict = (text, isCalm) =>
  element(isCalm ? 'div.verdict.calm' : 'div.verdict', element('p', shown(text)));

module.exports = {
  columns,
  figures,
  fileName,
  headerCell,
  idOf,
  objectCell,
  placeOf,
  plainButton,
  scroll,
  searchField,
  shareCell,
  shown,
  tableCard,
  tableRow,
  trail,
  verdict,
};
