'use strict';

/**
 * The report of an analysis as one HTML file that needs nothing else: no network, no style attribute, no
 * handler, and a policy that forbids all of them. Sources of the page are in web/.
 *
 * @module
 */

const path = require('node:path');
const { policy } = require('../../page-policy.js');
const { duration } = require('../../units.js');
const version = require('../../version.js');
const { fill, webText } = require('../../web-assets.js');
const { shellWord } = require('../labels.js');
const { html } = require('../../markup.js');
const { reportSections, shownTables } = require('./sections.js');
const { TEXTS } = require('./texts.js');

const { en: texts } = TEXTS;

/** The page is complete in itself: what leads on is the command line. */
const pageView = (word) => ({
  texts,
  prefix: '',
  id: (id) => `@${id}`,
  mention: (text) => text,
  closer: ({ id }) => html`<code>npx rsprof inspect ${word} @${id}</code>`,
  compare: () => html`<code>npx rsprof diff ${word} LATER.heapsnapshot</code>`,
});

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
  const sections = ['verdict', 'suspects', 'overview', ...shownTables(report)];
  const links = sections.map((id) => html`<li><a href="#${id}">${texts[id]}</a></li>`);
  return html`<header>
<h1>${path.basename(report.file.path)}</h1>
${origin(report)}
<nav aria-label="Sections"><ul>${links}</ul></nav>
</header>`;
}

function body(report, word) {
  return html`${pageHeader(report)}
<main id="main">
${reportSections(report, pageView(word))}
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
  const style = webText('report.css');
  const script = webText('report.js');
  const slots = {
    policy: policy(style, script),
    title: String(html`${path.basename(report.file.path)}: heap report`),
    style,
    script,
    body: String(body(report, shellWord(names[0]))),
  };
  return fill(webText('report.html'), slots);
}

module.exports = { reportHtml };
