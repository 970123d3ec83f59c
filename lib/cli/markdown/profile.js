'use strict';

/**
 * The report of a profile, and two of them compared, in Markdown.
 *
 * @module
 */

const path = require('node:path');
const { percent } = require('../../units.js');
const {
  fileLabel,
  functionLabel,
  functionPlace,
  labelsLabel,
  partLabel,
  pointsLabel,
  ruleLabel,
  weightLabel,
} = require('../labels.js');
const version = require('../../version.js');
const {
  details,
  document,
  left,
  markdown,
  markdownProse,
  name,
  right,
  table,
} = require('./document.js');

const TITLES = Object.freeze({
  cpuProfile: 'CPU profile',
  heapProfile: 'Allocation profile',
  cpuProfileDiff: 'Two CPU profiles',
  heapProfileDiff: 'Two allocation profiles',
});

const FOOT = `<sub>rsprof ${version}</sub>`;

function findingBlocks(finding, number, { verdict, overview }) {
  const part = `${percent(finding.share)}, ${weightLabel(finding.weight, overview.unit)}`;
  const callers = finding.callers.map((one) => name(`${functionLabel(one)} ${functionPlace(one)}`));
  return [
    `#### Finding ${number}: ${ruleLabel(finding.rule)}, ${part}`,
    !verdict.includes(finding.sentence) && markdown(finding.sentence),
    finding.explanation && markdownProse(finding.explanation),
    callers.length > 0 && `Called from ${callers.join(', ')}.`,
    `**What to do:** ${markdownProse(finding.advice)}`,
  ];
}

function partsBlock(title, parts, unit) {
  const columns = [left('code'), right('self'), right('share')];
  const rows = parts.map((part) => [
    name(partLabel(part.name)),
    weightLabel(part.weight, unit),
    percent(part.share),
  ]);
  return rows.length > 0 && details(title, table(columns, rows));
}

const labelPart = ({ labels, ...part }) => ({ ...part, name: labelsLabel(labels) });

function functionsBlock(title, functions, unit) {
  const columns = [left('function'), left('at'), right('self'), right('share'), right('total')];
  const rows = functions.map((row) => [
    name(functionLabel(row)),
    name(functionPlace(row)),
    weightLabel(row.selfWeight, unit),
    percent(row.selfShare),
    percent(row.totalShare),
  ]);
  return rows.length > 0 && details(title, table(columns, rows));
}

/**
 * @param {object} report of `analyze()` on a profile
 * @returns {string} ends with a newline
 */
function profileMarkdown(report) {
  const { kind, file, verdict, findings, overview, labels, bySelf, byTotal } = report;
  const { unit } = overview;
  return document([
    `### ${TITLES[kind]} ${name(path.basename(file.path))} (${fileLabel(file)})`,
    `> ${markdown(verdict)}`,
    ...findings.flatMap((finding, at) => findingBlocks(finding, at + 1, report)),
    partsBlock('By whose code', overview.categories, unit),
    partsBlock('By package', overview.packages, unit),
    partsBlock('By label', labels.map(labelPart), unit),
    functionsBlock('Functions by own weight', bySelf, unit),
    functionsBlock('Functions with what they call', byTotal, unit),
    FOOT,
  ]);
}

function changesTable(functions) {
  const columns = [
    left('function'),
    left('at'),
    right('own before'),
    right('after'),
    right('change'),
    right('noise'),
  ];
  const rows = functions.map(({ own, ...row }) => [
    name(functionLabel(row)),
    name(functionPlace(row)),
    percent(own.before),
    percent(own.after),
    pointsLabel(own.after - own.before),
    own.noise === null ? '' : percent(own.noise),
  ]);
  return rows.length > 0 && table(columns, rows);
}

/**
 * @param {object} found by `diff()` of two profiles
 * @returns {string} ends with a newline
 */
function profileDiffMarkdown({ kind, verdict, functions }) {
  const noise = changesTable(functions.filter(({ own }) => !own.significant));
  return document([
    `### ${TITLES[kind]} compared`,
    `> ${markdown(verdict)}`,
    changesTable(functions.filter(({ own }) => own.significant)),
    noise && details('Within the noise', noise),
    FOOT,
  ]);
}

module.exports = { profileDiffMarkdown, profileMarkdown };
