'use strict';

/**
 * A diagnostic report of Node, folded by its sections; whatever a Node version has put into it.
 *
 * @module
 */

const { element } = require('./dom.js');
const { columns, shown, tableCard } = require('./view-dom.js');
const { fill } = require('./view-waiting.js');

/** What one reads first. */
const OPEN = ['header', 'javascriptStack', 'javascriptHeap'];

/** Entries of a list that are shown. */
const MOST = 500;

const isObject = (value) => typeof value === 'object' && value !== null;
const isRecord = (value) => isObject(value) && !Array.isArray(value);

/** Rows of one shape: a list of objects, or objects by name. */
function rowsOf(value) {
  const entries = Object.entries(value);
  if (entries.length < 2 || !entries.every(([, one]) => isRecord(one))) return undefined;
  return entries
    .slice(0, MOST)
    .map(([name, one]) => (Array.isArray(value) ? one : { name, ...one }));
}

const text = (value) => shown(isObject(value) ? JSON.stringify(value) : String(value));

function table(title, rows, texts) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const list = names.map((name, at) => {
    if (at === 0) return columns.row(name, (row) => text(row[name] ?? ''));
    const isNumber = rows.every((row) => typeof (row[name] ?? 0) === 'number');
    const value = (row) => row[name] ?? 0;
    return isNumber
      ? columns.number(name, value, text)
      : columns.way(name, (row) => text(row[name] ?? ''));
  });
  return tableCard({ title, columns: list, rows, texts });
}

function pairs(value) {
  const items = Object.entries(value).flatMap(([name, one]) => [
    element('dt', shown(name)),
    element('dd', text(one)),
  ]);
  return element('dl.pairs', ...items);
}

/** A value, whatever it is: tables of what is alike, lists, pairs of a name and a value. */
function content(title, value, texts) {
  if (!isObject(value)) return [element('p', text(value))];
  const rows = rowsOf(value);
  if (rows) return [table(title, rows, texts)];
  if (Array.isArray(value)) {
    const items = value.slice(0, MOST).map((one) => element('li', text(one)));
    return [element('ol.lines', ...items)];
  }
  const isNested = ([, one]) => isObject(one) && Object.keys(one).length > 0;
  const nested = Object.entries(value).filter(isNested);
  const flat = Object.entries(value).filter((one) => !isNested(one));
  return [
    ...(flat.length > 0 ? [pairs(Object.fromEntries(flat))] : []),
    ...nested.map(([name, one]) => fold(name, one, texts, true)),
  ];
}

/** What is folded is made when it is opened. */
function fold(name, value, texts, isOpen) {
  const place = element('div');
  const made = element('details', element('summary', shown(name)), place);
  const make = () => {
    if (made.open && !place.hasChildNodes()) place.append(...content(name, value, texts));
  };
  made.addEventListener('toggle', make);
  made.open = isOpen;
  make();
  return made;
}

function showDiagnostics(root, context) {
  const { api, source, texts, signal } = context;
  return fill(root, context, async () => {
    const report = await api.get(`${source.path}/file`, signal);
    const sections = Object.entries(report).map(([name, value]) =>
      fold(name, value, texts, OPEN.includes(name)),
    );
    return [element('div.report', element('div.card.folds', ...sections))];
  });
}

module.exports = { showDiagnostics };
