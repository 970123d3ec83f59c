'use strict';

/**
 * The report of an analysis as one HTML file that needs nothing else: no network, no style attribute, no
 * handler, and a policy that forbids all of them. Sources of the page are in web/.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { policy } = require('../../page-policy.js');
const { count, duration, percent, plural, size } = require('../../units.js');
const version = require('../../version.js');
const { fileLabel, placeLabel, ruleLabel, shellWord } = require('../labels.js');
const { proseParts } = require('../../prose.js');
const { html } = require('../../markup.js');
const { bar, colour, objectCell, search, stack, table, trail } = require('./parts.js');

const WEB = path.join(__dirname, '..', '..', '..', 'web');

const read = (name) => fs.readFileSync(path.join(WEB, name), 'utf8');

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

const CLASS_COLUMNS = [
  name('Class', (row) => CODE(row.name)),
  number('Objects', (row) => row.count, count),
  minor(number('Shallow', (row) => row.selfSize, size)),
  number('Retained', (row) => row.retainedSize, size),
  { ...number('Share', (row) => row.share, percent), cell: shareCell },
];

/** A sentence of ours, with its code as such. */
const prose = (text) =>
  proseParts(text).map(({ text: part, isCode }) => (isCode ? html`<code>${part}</code>` : part));

function shareCell({ share }) {
  return html`${bar(share, 'small')}<span class="figure">${percent(share)}</span>`;
}

function figure(title, value) {
  return html`<div><dt>${title}</dt><dd>${value}</dd></div>`;
}

function verdictSection({ verdict, overview, suspects, file }) {
  return html`<section id="verdict" aria-labelledby="verdict-title">
<h2 id="verdict-title">Verdict</h2>
<div class="verdict ${suspects.length === 0 && 'calm'}"><p>${verdict}</p></div>
<dl class="figures">${figure('heap', size(overview.totalSize))}${figure('objects', count(overview.objects))}${figure('references', count(overview.edges))}${figure('suspects', count(suspects.length))}${figure('file', fileLabel(file))}</dl>
</section>`;
}

function contents({ contents: rows }) {
  if (rows.length === 0) return '';
  return table({ caption: 'Inside, by class', columns: CLASS_COLUMNS, rows, sorted: 'Retained' });
}

function advice({ advice: text, accumulationPoint, object }, word) {
  const point = accumulationPoint ?? object;
  const command = point && `npx rsprof inspect ${word} @${point.id}`;
  const closer = command && html`<p>Look closer: <code>${command}</code></p>`;
  return html`<div class="advice"><p><strong>What to do.</strong> ${prose(text)}</p>${closer}</div>`;
}

function amount({ retainedSize, count: objects }) {
  return `of the heap, ${size(retainedSize)}${objects > 1 ? `, ${plural(objects, 'object')}` : ''}`;
}

function heldBy({ path: steps, pathText }) {
  if (steps.length === 0) return '';
  return html`<h4>Held by</h4><p class="way name">${pathText}</p>${trail(steps)}`;
}

function suspectCard(suspect, at, word) {
  const id = `suspect-${at + 1}`;
  const place = placeLabel(suspect.object?.location);
  return html`<article class="card" aria-labelledby="${id}">
<div class="head"><h3 id="${id}">${at + 1}. ${ruleLabel(suspect.rule)}</h3><p><strong>${percent(suspect.share)}</strong> ${amount(suspect)}</p></div>
${bar(suspect.share)}
<p>${suspect.sentence}</p>
${suspect.explanation && html`<p>${prose(suspect.explanation)}</p>`}
${place && html`<p>Defined at <code>${place}</code></p>`}
${heldBy(suspect)}
${contents(suspect)}
${advice(suspect, word)}
</article>`;
}

function suspectsSection({ suspects }, word) {
  const none = html`<div class="card"><p>Nothing stands out. If memory grows all the same, take a second snapshot some time
later and compare: <code>npx rsprof diff ${word} LATER.heapsnapshot</code></p></div>`;
  const cards = suspects.map((suspect, at) => suspectCard(suspect, at, word));
  return html`<section id="suspects" aria-labelledby="suspects-title">
<h2 id="suspects-title">Suspects</h2>
${cards.length > 0 ? cards : none}
</section>`;
}

const KIND_COLUMNS = [
  name('Kind', (row) => html`<span class="swatch ${colour(row.at)}"></span>${row.kind}`),
  minor(number('Objects', (row) => row.count, count)),
  number('Shallow', (row) => row.selfSize, size),
  number('Share', (row) => row.share, percent),
];

function processBlock({ rss }) {
  if (!rss) return '';
  const parts = [
    { label: 'seen by the snapshot', share: 1 - rss.unseenShare },
    { label: 'not seen', share: rss.unseenShare },
  ];
  const label = `RSS of the process: ${percent(1 - rss.unseenShare)} seen, ${percent(rss.unseenShare)} not seen`;
  return html`<div class="card"><h3>Memory of the process</h3>${stack(parts, label)}
<ul class="legend"><li><span class="swatch k0"></span>seen by the snapshot: ${size(rss.seen)}</li><li><span class="swatch k1"></span>not seen: ${size(rss.unseen)}</li></ul>
<p>${rss.sentence}</p></div>`;
}

/** Bytes that lie outside V8's heap. */
function outside({ arrayBufferBytes, externalStringBytes, extraNativeBytes }) {
  return html`<dl class="figures">${figure('ArrayBuffers', size(arrayBufferBytes))}${externalStringBytes > 0 && figure('external strings', size(externalStringBytes))}${
    extraNativeBytes > 0 && figure('other native memory', size(extraNativeBytes))
  }</dl>`;
}

function overviewSection(report) {
  const { overview } = report;
  const kinds = overview.kinds.map((kind, at) => ({ ...kind, at }));
  const parts = kinds.map(({ kind, share }) => ({ label: kind, share }));
  return html`<section id="overview" aria-labelledby="overview-title">
<h2 id="overview-title">Overview</h2>
<div class="card"><h3>What the heap is made of</h3>
${stack(parts, 'Kinds of objects by their share of the heap; the figures are in the table below')}
${table({ caption: 'Kinds of objects by shallow size', columns: KIND_COLUMNS, rows: kinds })}
${outside(overview)}
</div>
${processBlock(report)}
</section>`;
}

const OBJECT_COLUMNS = [
  name('Object', objectCell),
  minor(number('Shallow', (row) => row.selfSize, size)),
  number('Retained', (row) => row.retainedSize, size),
  { ...number('Share', (row) => row.share, percent), cell: shareCell },
  way('Held by', (row) => row.pathText),
];

const STRING_COLUMNS = [
  name('Text', (row) => CODE(`"${row.text}"`)),
  number('Copies', (row) => row.count, count),
  number('All of them', (row) => row.selfSize, size),
  number('Wasted', (row) => row.wasted, size),
];

const COLLECTION_COLUMNS = [
  name('Collection', (row) => objectCell(row.object)),
  number('Entries', (row) => row.entries, count),
  number('Room for', (row) => row.capacity, count),
  number('Filled', (row) => row.fill, percent),
  number('Retained', (row) => row.object.retainedSize, size),
  way('Held by', (row) => row.pathText),
];

/** Sections of one table each: `[id, title, caption, field, columns, sorted]`. */
const TABLES = [
  ['classes', 'Classes', 'The classes that retain most', CLASS_COLUMNS, 'Retained'],
  ['objects', 'Biggest objects', 'The objects that retain most', OBJECT_COLUMNS, 'Retained'],
  ['duplicateStrings', 'Duplicate strings', 'Texts that are there many times', STRING_COLUMNS],
  ['collections', 'Collections', 'Arrays, Maps and Sets', COLLECTION_COLUMNS],
];

const shownTables = (report) => TABLES.filter(([field]) => report[field].length > 0);

function tableSection([field, title, caption, columns, sorted], report) {
  return html`<section id="${field}" aria-labelledby="${field}-title">
<h2 id="${field}-title">${title}</h2>
<div class="card">
${search(`${field}-search`, `Search ${title.toLowerCase()}`)}
${table({ caption, columns, rows: report[field], sorted })}
</div>
</section>`;
}

/** When, where and why it was taken, as far as a sidecar says. */
function origin({ sidecar }) {
  if (!sidecar) return '';
  const { startedAt, versions, host, reason } = sidecar;
  const parts = [
    startedAt && `taken ${startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}`,
    versions?.node && `Node ${versions.node}`,
    host?.pid && `process ${host.pid}`,
    reason && `“${reason}”`,
  ];
  return html`<p>${parts.filter(Boolean).join(' · ')}</p>`;
}

function pageHeader(report) {
  const sections = [
    ['verdict', 'Verdict'],
    ['suspects', 'Suspects'],
    ['overview', 'Overview'],
    ...shownTables(report),
  ];
  const links = sections.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`);
  return html`<header>
<h1>${path.basename(report.file.path)}</h1>
${origin(report)}
<nav aria-label="Sections"><ul>${links}</ul></nav>
</header>`;
}

function body(report, word) {
  return html`${pageHeader(report)}
<main id="main">
${verdictSection(report)}
${suspectsSection(report, word)}
${overviewSection(report)}
${shownTables(report).map((row) => tableSection(row, report))}
</main>
<footer><p>rsprof ${version}, analysed in ${duration(report.durationMs)}. Shallow: the object's own bytes. Retained: what would be
freed with it. Share: of all bytes in the snapshot.</p></footer>`;
}

/**
 * @param {object} report of `analyze()`
 * @param {{ names: string[] }} how `names`: of the files, as they were typed
 * @returns {string} the whole page
 */
function reportHtml(report, { names }) {
  const style = read('report.css');
  const script = read('report.js');
  // In a style or a script a slot is a comment, so that the template is valid as it stands.
  const slots = {
    policy: policy(style, script),
    title: String(html`${path.basename(report.file.path)}: heap report`),
    style,
    script,
    body: String(body(report, shellWord(names[0]))),
  };
  return read('report.html').replace(/(?:\/\*)?\{\{(\w+)\}\}(?:\*\/)?/g, (_, slot) => slots[slot]);
}

module.exports = { reportHtml };
