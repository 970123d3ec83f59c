'use strict';

/**
 * The sections of a heap report. The page that `analyze --html` writes and the fragment that the profiler's
 * page shows are made of them; what differs is the view.
 *
 * @module
 */

const { count, percent, size } = require('../../units.js');
const { fileLabel, placeLabel } = require('../labels.js');
const { proseParts } = require('../../prose.js');
const { html } = require('../../markup.js');
const { bar, colour, objectCell, search, stack, table, trail } = require('./parts.js');

/**
 * What page and fragment do in their own way.
 *
 * @typedef {object} View
 * @property {object} texts of a language
 * @property {string} prefix of ids in the document
 * @property {(id: number) => unknown} id an object's number, as `@65893`
 * @property {(text: string) => unknown} mention a sentence of the engine, with such numbers in it
 * @property {(point: object) => unknown} closer how to look at an object
 * @property {() => unknown} compare how to compare with a later snapshot
 */

const name = (title, cell) => ({ title, kind: 'row', cell });
const way = (title, cell) => ({ title, kind: 'way', cell });
const number = (title, value, format) => ({
  title,
  kind: 'number',
  value,
  cell: (row) => format(value(row)),
});

const minor = (column) => ({ ...column, kind: `${column.kind} minor` });

const CODE = (text) => html`<span class="name">${text}</span>`;

function shareCell({ share }) {
  return html`${bar(share, 'small')}<span class="figure">${percent(share)}</span>`;
}

const shareColumn = (columns) => ({
  ...number(columns.share, (row) => row.share, percent),
  cell: shareCell,
});

const classColumns = ({ texts: { columns } }) => [
  name(columns.class, (row) => CODE(row.name)),
  number(columns.objects, (row) => row.count, count),
  minor(number(columns.shallow, (row) => row.selfSize, size)),
  number(columns.retained, (row) => row.retainedSize, size),
  shareColumn(columns),
];

/** A sentence of ours, with its code as such. */
const prose = (view, text) =>
  proseParts(text).map(({ text: part, isCode }) =>
    isCode ? html`<code>${part}</code>` : view.mention(part),
  );

function figure(title, value) {
  return html`<div><dt>${title}</dt><dd>${value}</dd></div>`;
}

/** In another language than the engine's own, its sentence is the second. */
function inBoth(view, own, original) {
  if (own === undefined) return html`<p>${view.mention(original)}</p>`;
  return html`<p>${view.mention(own)}</p>
<p class="original" lang="en">${view.mention(original)}</p>`;
}

function verdictSection(report, view) {
  const { verdict, overview, suspects, file } = report;
  const { texts, prefix } = view;
  const { figures } = texts;
  return html`<section id="${prefix}verdict" aria-labelledby="${prefix}verdict-title">
<h2 id="${prefix}verdict-title">${texts.verdict}</h2>
<div class="verdict ${suspects.length === 0 && 'calm'}">${inBoth(view, texts.verdictSentence?.(report), verdict)}</div>
<dl class="figures">${figure(figures.heap, size(overview.totalSize))}${figure(figures.objects, count(overview.objects))}${figure(figures.references, count(overview.edges))}${figure(figures.suspects, count(suspects.length))}${figure(figures.file, fileLabel(file))}</dl>
</section>`;
}

function contents({ contents: rows }, view) {
  if (rows.length === 0) return '';
  const { inside, columns } = view.texts;
  return table({ caption: inside, columns: classColumns(view), rows, sorted: columns.retained });
}

/** Why, and what to do, as the engine has it. */
function originalWords(suspect, view) {
  const { explanation } = suspect;
  return html`<div class="original" lang="en">${explanation && html`<p>${prose(view, explanation)}</p>`}<p>${prose(view, suspect.advice)}</p></div>`;
}

function explanation(suspect, view) {
  const { texts } = view;
  const text = texts.explanation ? texts.explanation(suspect) : suspect.explanation;
  return text && html`<p>${prose(view, text)}</p>`;
}

function advice(suspect, view) {
  const { texts } = view;
  const { accumulationPoint, object } = suspect;
  const point = accumulationPoint ?? object;
  const closer = point && html`<p>${texts.closer} ${view.closer(point)}</p>`;
  const text = texts.advice ? texts.advice(suspect) : suspect.advice;
  return html`<div class="advice"><p><strong>${texts.whatToDo}</strong> ${prose(view, text)}</p>${closer}${texts.advice && originalWords(suspect, view)}</div>`;
}

function heldBy({ path: steps, pathText }, view) {
  if (steps.length === 0) return '';
  return html`<h4>${view.texts.heldBy}</h4><p class="way name">${pathText}</p>${trail(steps, view)}`;
}

function suspectCard(suspect, at, view) {
  const { texts } = view;
  const id = `${view.prefix}suspect-${at + 1}`;
  const place = placeLabel(suspect.object?.location);
  return html`<article class="card" aria-labelledby="${id}">
<div class="head"><h3 id="${id}">${at + 1}. ${texts.rule(suspect.rule)}</h3><p><strong>${percent(suspect.share)}</strong> ${texts.amount(suspect)}</p></div>
${bar(suspect.share)}
${inBoth(view, texts.sentence?.(suspect), suspect.sentence)}
${explanation(suspect, view)}
${place && html`<p>${texts.definedAt} <code>${place}</code></p>`}
${heldBy(suspect, view)}
${contents(suspect, view)}
${advice(suspect, view)}
</article>`;
}

function suspectsSection({ suspects }, view) {
  const { texts, prefix } = view;
  const none = html`<div class="card"><p>${texts.nothing} ${view.compare()}</p></div>`;
  const cards = suspects.map((suspect, at) => suspectCard(suspect, at, view));
  return html`<section id="${prefix}suspects" aria-labelledby="${prefix}suspects-title">
<h2 id="${prefix}suspects-title">${texts.suspects}</h2>
${cards.length > 0 ? cards : none}
</section>`;
}

const kindColumns = ({ texts: { columns } }) => [
  name(columns.kind, (row) => html`<span class="swatch ${colour(row.at)}"></span>${row.label}`),
  minor(number(columns.objects, (row) => row.count, count)),
  number(columns.shallow, (row) => row.selfSize, size),
  number(columns.share, (row) => row.share, percent),
];

function processBlock({ rss }, { texts }) {
  if (!rss) return '';
  const parts = [
    { label: texts.seen, share: 1 - rss.unseenShare },
    { label: texts.unseen, share: rss.unseenShare },
  ];
  const sentence = texts.unseenSentence?.(rss) ?? rss.sentence;
  return html`<div class="card"><h3>${texts.process}</h3>${stack(parts, texts.seenLabel(rss.unseenShare))}
<ul class="legend"><li><span class="swatch k0"></span>${texts.seen}: ${size(rss.seen)}</li><li><span class="swatch k1"></span>${texts.unseen}: ${size(rss.unseen)}</li></ul>
<p>${sentence}</p></div>`;
}

/** Bytes that lie outside V8's heap. */
function outside({ arrayBufferBytes, externalStringBytes, extraNativeBytes }, { texts }) {
  const { figures } = texts;
  return html`<dl class="figures">${figure(figures.arrayBuffers, size(arrayBufferBytes))}${externalStringBytes > 0 && figure(figures.externalStrings, size(externalStringBytes))}${
    extraNativeBytes > 0 && figure(figures.otherNative, size(extraNativeBytes))
  }</dl>`;
}

function overviewSection(report, view) {
  const { overview } = report;
  const { texts, prefix } = view;
  const kinds = overview.kinds.map((kind, at) => ({ ...kind, at, label: texts.kind(kind.kind) }));
  const parts = kinds.map(({ label, share }) => ({ label, share }));
  return html`<section id="${prefix}overview" aria-labelledby="${prefix}overview-title">
<h2 id="${prefix}overview-title">${texts.overview}</h2>
<div class="card"><h3>${texts.kindsTitle}</h3>
${stack(parts, texts.kindsLabel)}
${table({ caption: texts.kindsCaption, columns: kindColumns(view), rows: kinds })}
${outside(overview, view)}
</div>
${processBlock(report, view)}
</section>`;
}

const objectColumns = (view) => {
  const { columns } = view.texts;
  return [
    name(columns.object, (row) => objectCell(row, view)),
    minor(number(columns.shallow, (row) => row.selfSize, size)),
    number(columns.retained, (row) => row.retainedSize, size),
    shareColumn(columns),
    way(columns.heldBy, (row) => row.pathText),
  ];
};

const stringColumns = ({ texts: { columns } }) => [
  name(columns.text, (row) => CODE(`"${row.text}"`)),
  number(columns.copies, (row) => row.count, count),
  number(columns.all, (row) => row.selfSize, size),
  number(columns.wasted, (row) => row.wasted, size),
];

const collectionColumns = (view) => {
  const { columns } = view.texts;
  return [
    name(columns.collection, (row) => objectCell(row.object, view)),
    number(columns.entries, (row) => row.entries, count),
    number(columns.room, (row) => row.capacity, count),
    number(columns.filled, (row) => row.fill, percent),
    number(columns.retained, (row) => row.object.retainedSize, size),
    way(columns.heldBy, (row) => row.pathText),
  ];
};

/** Sections of one table each; the first two are sorted by what is retained. */
const TABLES = Object.freeze({
  classes: classColumns,
  objects: objectColumns,
  duplicateStrings: stringColumns,
  collections: collectionColumns,
});

const SORTED = ['classes', 'objects'];

/** @returns {string[]} names of the tables that are not empty */
const shownTables = (report) => Object.keys(TABLES).filter((field) => report[field].length > 0);

function tableSection(field, report, view) {
  const { texts, prefix } = view;
  const id = prefix + field;
  const caption = texts[`${field}Caption`];
  const sorted = SORTED.includes(field) ? texts.columns.retained : undefined;
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${texts[field]}</h2>
<div class="card">
${search(`${id}-search`, texts.search(texts[field]))}
${table({ caption, columns: TABLES[field](view), rows: report[field], sorted })}
</div>
</section>`;
}

/**
 * @param {object} report of `analyze()` on a heap snapshot
 * @param {View} view
 * @returns {object} markup
 */
function reportSections(report, view) {
  return html`${verdictSection(report, view)}
${suspectsSection(report, view)}
${overviewSection(report, view)}
${shownTables(report).map((field) => tableSection(field, report, view))}`;
}

module.exports = { reportSections, shownTables };
