'use strict';

/**
 * Two profiles compared, for the terminal.
 *
 * @module
 */

const { duration, percent } = require('../../units.js');
const { functionLabel, functionPlace, pointsLabel } = require('../labels.js');
const { Page, flexible, right } = require('./page.js');

const WORDS =
  'own: in the function itself. Shares are of the time in which something was done, so that recordings of ' +
  'different length and load compare. noise: what chance alone may change (three standard errors).';

function showFunctions(page, functions) {
  const columns = [
    flexible('function'),
    flexible('at'),
    right('own before'),
    right('after'),
    right('change'),
    right('noise'),
    right('with callees'),
  ];
  const cells = ({ own, total, ...row }) => [
    functionLabel(row),
    functionPlace(row),
    percent(own.before),
    percent(own.after),
    pointsLabel(own.after - own.before),
    own.noise === null ? '' : percent(own.noise),
    pointsLabel(total.after - total.before),
  ];
  page.table(columns, functions.map(cells));
}

/**
 * @param {object} found by `diff()` of two profiles
 * @param {{ style: object, columns: number }} how
 * @returns {string} ends with a newline
 */
function profileDiffText(found, { style, columns }) {
  const page = new Page(style, columns);
  const sure = found.functions.filter(({ own }) => own.significant);
  page.heading('Verdict');
  page.paragraph(found.verdict, sure.length > 0 ? style.yellow : style.green);
  if (sure.length > 0) {
    page.heading('Changed', 'beyond the noise');
    showFunctions(page, sure);
  }
  const rest = found.functions.filter(({ own }) => !own.significant);
  if (rest.length > 0) {
    page.heading('Within the noise');
    showFunctions(page, rest);
  }
  page.line();
  page.labelled('Words', WORDS, style.dim);
  page.labelled('Took', duration(found.durationMs), style.dim);
  return String(page);
}

module.exports = { profileDiffText };
