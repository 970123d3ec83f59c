'use strict';

/**
 * One object for the terminal: what it is, how it is reached, what it holds, who holds it.
 *
 * @module
 */

const { count, percent, size } = require('../../units.js');
const { edgeLabel, objectLabel, placeLabel, shortPlace } = require('../labels.js');
const { Page, flexible, right } = require('./page.js');

const OBJECT_COLUMNS = [flexible('object'), right('shallow'), right('retained'), right('share')];
const STEP_COLUMNS = [flexible('reference'), ...OBJECT_COLUMNS];

function objectRow(object) {
  const place = shortPlace(object.location);
  return [
    objectLabel(object) + (place && `  ${place}`),
    size(object.selfSize),
    size(object.retainedSize),
    percent(object.share),
  ];
}

const stepRow = ({ edge, object }) => [edgeLabel(edge), ...objectRow(object)];

function showObject(page, { object, dominator }) {
  page.heading(objectLabel(object), object.kind);
  page.labelled('Class', object.className);
  page.labelled('Shallow', size(object.selfSize));
  page.labelled('Retained', `${size(object.retainedSize)}, ${percent(object.share)} of the heap`);
  page.labelled('Defined at', placeLabel(object.location));
  page.labelled('Dominator', dominator && objectLabel(dominator));
}

/** A list, and how much of it is not shown. */
function showList(page, title, note, columns, rows, total) {
  page.heading(`${title} (${count(total)})`, note);
  if (rows.length === 0) page.paragraph('none');
  else page.table(columns, rows);
  if (rows.length === 0 || total <= rows.length) return;
  page.paragraph(`… ${count(total - rows.length)} more (--limit ${total})`, page.style.dim);
}

/**
 * @param {object} inspection of `inspect()`
 * @param {{ style: object, columns: number }} how
 * @returns {string} ends with a newline
 */
function inspectionText(inspection, { style, columns }) {
  const { properties, retainers, dominated, totals } = inspection;
  const page = new Page(style, columns);
  showObject(page, inspection);
  page.labelled('Path', inspection.pathText);
  page.path('step by step', inspection.path);
  const list = (...rest) => showList(page, ...rest);
  list('Holds', 'its references', STEP_COLUMNS, properties.map(stepRow), totals.properties);
  list('Held by', 'who refers to it', STEP_COLUMNS, retainers.map(stepRow), totals.retainers);
  const note = 'what would go with it, next level';
  list('Dominates', note, OBJECT_COLUMNS, dominated.map(objectRow), totals.dominated);
  return String(page);
}

module.exports = { inspectionText };
