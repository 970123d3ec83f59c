'use strict';

/**
 * Rules for the terminal: what each waits for, what it does, how often; and when it would have fired.
 *
 * @module
 */

const { TIME, format } = require('../../watch/condition/units.js');
const { count, plural } = require('../../units.js');
const { visible } = require('../../escape.js');
const { Page, flexible, left, right } = require('./page.js');

/** Rows of each table. */
const MOST_ROWS = 50;

const duration = (ms) => format(ms, TIME);

/** `heapSnapshot`, or `heapSnapshot as first` where it has an id of its own. */
function actionText({ type, id }) {
  if (type === 'call') return 'a function';
  return id === type ? type : `${type} as ${id}`;
}

function limitsText({ cooldown, count: most, per }) {
  const parts = [];
  if (most !== undefined && per !== undefined) parts.push(`${count(most)} in ${duration(per)}`);
  if (cooldown > 0) parts.push(`${duration(cooldown)} apart`);
  return parts.join(', ');
}

function showRule(page, { name, when, actions, limits, enabled }) {
  page.heading(name, enabled ? '' : 'not enabled');
  page.labelled('When', when.words);
  page.labelled('Does', actions.map(actionText).join(', then '));
  page.labelled('At most', limitsText(limits));
}

/** A message keeps its lines: a caret stands below its place. */
function showProblem(page, message) {
  const [first, ...rest] = message.split('\n');
  page.line();
  page.paragraph(first, page.style.red);
  for (const line of rest) page.line(`  ${visible(line)}`);
}

/** `2026-03-04 05:06:07Z`; what is no time as it is. */
function timeText(at) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at);
  return date.toISOString().replace('T', ' ').replace(/\.\d+/, '');
}

function showRows(page, columns, rows) {
  page.table(columns, rows.slice(0, MOST_ROWS));
  const more = rows.length - MOST_ROWS;
  if (more > 0) page.paragraph(`… ${count(more)} more (--json)`, page.style.dim);
}

/** How often each rule did not fire, for which reason. */
function skippedRows(skipped) {
  const rows = new Map();
  for (const { rule, reason } of skipped) {
    const key = JSON.stringify([rule, reason]);
    const row = rows.get(key) ?? { rule, reason, times: 0 };
    rows.set(key, { ...row, times: row.times + 1 });
  }
  return [...rows.values()].map(({ rule, reason, times }) => [rule, count(times), reason]);
}

function showHistory(page, { from, to, samples, firings, skipped }) {
  if (samples === 0) {
    page.heading('The black box has no readings');
    return;
  }
  const range = `${timeText(from)} to ${timeText(to)}, ${plural(samples, 'reading')}`;
  page.heading('Would have fired', range);
  const rows = firings.map(({ rule, at, reason }) => [timeText(at), rule, reason]);
  if (rows.length === 0) page.paragraph('never');
  else showRows(page, [left('when'), left('rule'), flexible('because')], rows);
  if (skipped.length === 0) return;
  page.heading('Would not have fired again', 'within the limits');
  const columns = [left('rule'), right('times'), flexible('because')];
  showRows(page, columns, skippedRows(skipped));
}

function headline(file, rules, problems) {
  const read = plural(rules.length, 'rule');
  if (problems.length === 0) return `${file}: ${read}, nothing is wrong`;
  const others = rules.length === 0 ? '' : `; ${read} without`;
  return `${file}: ${plural(problems.length, 'problem')}${others}`;
}

/**
 * @param {{ file: string, rules: object[], problems: string[], history?: object }} checked
 * @param {{ style: object, columns: number }} how
 * @returns {string} ends with a newline
 */
function rulesText({ file, rules, problems, history }, { style, columns }) {
  const page = new Page(style, columns);
  page.line(visible(headline(file, rules, problems)));
  for (const rule of rules) showRule(page, rule);
  for (const message of problems) showProblem(page, message);
  if (history) showHistory(page, history);
  return String(page);
}

module.exports = { rulesText };
