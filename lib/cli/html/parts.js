'use strict';

/**
 * What the page is put together from: bars, names, paths, tables. No style attributes: the policy of the
 * page forbids them, so bars are SVG.
 *
 * @module
 */

const { percent, size } = require('../../units.js');
const { objectName, shortPlace, shownSteps } = require('../labels.js');
const { html } = require('../../markup.js');

/** A path is shown in so many steps. */
const STEPS = 16;

const ofHundred = (share) => `${(100 * Math.min(1, Math.max(0, share))).toFixed(2)}%`;

/** A bar that is full to `share`; it says nothing that the text beside it does not. */
function bar(share, kind = '') {
  return html`<svg class="bar ${kind}" aria-hidden="true"><rect width="${ofHundred(share)}" height="100%"/></svg>`;
}

/** Colours that can be told apart; whatever comes after them shares the last one. */
const COLOURS = 8;

const colour = (at) => `k${Math.min(at, COLOURS - 1)}`;

/** One bar of several parts: `{ label, share }`. */
function stack(parts, label) {
  let x = 0;
  const rects = parts.map((part, at) => {
    const rect = html`<rect class="${colour(at)}" x="${ofHundred(x)}" width="${ofHundred(part.share)}" height="100%"><title>${part.label}: ${percent(part.share)}</title></rect>`;
    x += part.share;
    return rect;
  });
  return html`<svg class="bar stack" role="img" aria-label="${label}">${rects}</svg>`;
}

/** `Room` with its id and place, small beside it. */
function objectCell(object, view) {
  const place = shortPlace(object.location);
  return html`<span class="name">${objectName(object)}</span> <span class="id">${view.id(object.id)}${place && ` ${place}`}</span>`;
}

function step({ label, object, isEnd, isInternal, skipped }, view) {
  if (skipped)
    return html`<li><div class="step"><span>${view.texts.more(skipped)}</span></div></li>
`;
  const place = shortPlace(object.location);
  const kind = isEnd ? 'end' : isInternal ? 'quiet' : 'way';
  return html`<li class="${kind}"><div class="step">${label && html`<b>${label}</b>`}${objectName(object)} <span>${view.id(object.id)}${place && ` ${place}`}, ${size(object.retainedSize)}, ${percent(object.share)}</span></div></li>
`;
}

/** The steps of a path, as a trail. */
function trail(path, view) {
  return html`<ol class="path">
${shownSteps(path, STEPS).map((one) => step(one, view))}</ol>`;
}

/**
 * A column. What is `minor` is left out where there is little room.
 *
 * @typedef {{ title: string, kind: 'row'|'number'|'number minor'|'way', cell: (row: object) => unknown,
 *   value?: (row: object) => number }} Column `value` is what is sorted by
 */

function header({ title, kind }, sorted) {
  const order = sorted && html` aria-sort="descending"`;
  return html`<th scope="col" class="${kind}"${order}><button type="button">${title}</button></th>`;
}

function cell({ kind, cell: show, value }, row) {
  if (kind === 'row') return html`<th scope="row">${show(row)}</th>`;
  const sortable = value && html` data-value="${value(row)}"`;
  return html`<td class="${kind}"${sortable}>${show(row)}</td>`;
}

/**
 * A table that sorts by its headers.
 *
 * @param {object} what
 * @param {string} what.caption
 * @param {Column[]} what.columns
 * @param {object[]} what.rows
 * @param {string} [what.sorted] title of the column it is sorted by already
 */
function table({ caption, columns, rows, sorted }) {
  const headers = columns.map((column) => header(column, column.title === sorted));
  const body = rows.map(
    (row) => html`<tr>${columns.map((column) => cell(column, row))}</tr>
`,
  );
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="live"><caption>${caption}</caption>
<thead><tr>${headers}</tr></thead>
<tbody>
${body}</tbody></table></div>`;
}

/** The search of the table in the same card; shown by the script, which it needs. */
function search(id, label) {
  return html`<div class="tools" hidden><label for="${id}">${label}</label><input id="${id}" type="search" autocomplete="off" spellcheck="false"><output for="${id}"></output></div>`;
}

module.exports = { bar, colour, objectCell, search, stack, table, trail };
