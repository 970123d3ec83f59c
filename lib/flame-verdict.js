'use strict';

/**
 * What the engine says of a profile, above its flame graph.
 *
 * @module
 */

const { html } = require('./markup.js');
const { proseParts } = require('./prose.js');

/** A sentence of ours, with its code as code. */
const prose = (text) =>
  proseParts(text).map(({ text: part, isCode }) => (isCode ? html`<code>${part}</code>` : part));

/** A finding, folded; what the verdict has said already is not said again. */
function finding({ sentence, explanation, advice }, verdict) {
  const title = verdict.includes(sentence) ? 'Why, and what to do' : sentence;
  return html`<details><summary>${title}</summary>
<p>${prose(explanation)}</p>
<p class="advice">${prose(advice)}</p></details>
`;
}

/**
 * @param {{ verdict: string, findings: object[] }} report of `analyze()` on a profile
 * @returns {string} markup
 */
function flameVerdict({ verdict, findings }) {
  const markup = html`<section id="verdict" aria-label="Verdict"><p>${verdict}</p>
${findings.map((one) => finding(one, verdict))}</section>`;
  return String(markup);
}

module.exports = { flameVerdict };
