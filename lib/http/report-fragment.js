'use strict';

/**
 * The report of an open capture as a piece of a page, in English or Chinese: the sections of
 * `analyze --html`, in which every object is a button.
 *
 * @module
 */

const { reportSections } = require('../cli/html/sections.js');
const { TEXTS } = require('../cli/html/texts.js');
const { invalidArgument } = require('../errors.js');
const { flameVerdict } = require('../flame-verdict.js');
const { html } = require('../markup.js');

/** An object's number in a sentence: `Manager @65893 holds`. */
const MENTION = /(?<=^|[\s（(，、：])@(\d{1,10})\b/;

const button = (id) => html`<button type="button" class="object" data-id="${id}">@${id}</button>`;

/** Every other part is a number that the expression has caught. */
const mention = (text) =>
  String(text)
    .split(MENTION)
    .map((part, at) => (at % 2 === 1 ? button(part) : part));

const fragmentView = (texts) => ({
  texts,
  prefix: 'report-',
  id: button,
  mention,
  closer: ({ id }) => button(id),
  compare: () => texts.compare,
});

/**
 * @param {object} report of `analyze()`; of a profile its verdict and findings, which are English only
 * @param {{ lang?: 'en'|'zh' }} [how]
 * @returns {string} markup without script, style and handlers. Ids begin with `report-`; a button of the class
 *   `object` has the number of its object as `data-id`
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG` for another language
 */
function reportFragment(report, { lang = 'en' } = {}) {
  if (!Object.hasOwn(TEXTS, lang)) {
    throw invalidArgument(`'lang' must be one of ${Object.keys(TEXTS).join(', ')}`);
  }
  if (report.kind !== 'heapSnapshot') return flameVerdict(report);
  return String(reportSections(report, fragmentView(TEXTS[lang])));
}

module.exports = { reportFragment };
