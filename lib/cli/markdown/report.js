'use strict';

/**
 * The report of an analysis in Markdown: verdict and suspects open, the tables folded.
 *
 * @module
 */

const path = require('node:path');
const { count, percent, plural, size } = require('../../units.js');
const { fileLabel, objectLabel, placeLabel, ruleLabel, shareLabel } = require('../labels.js');
const version = require('../../version.js');
const {
  details,
  document,
  left,
  markdown,
  markdownProse,
  name,
  pathTable,
  right,
  table,
} = require('./document.js');

const CLASS_COLUMNS = [
  left('class'),
  right('objects'),
  right('shallow'),
  right('retained'),
  right('share'),
];

function classRow({ name: own, count: objects, selfSize, retainedSize, share }) {
  return [name(own), count(objects), size(selfSize), size(retainedSize), percent(share)];
}

function contents({ contents: rows }) {
  return rows.length > 0 && `What is inside:\n\n${table(CLASS_COLUMNS, rows.map(classRow))}`;
}

function suspectBlocks(suspect, number, verdict) {
  const place = placeLabel(suspect.object?.location);
  return [
    `#### Suspect ${number}: ${ruleLabel(suspect.rule)}, ${shareLabel(suspect)}`,
    !verdict.includes(suspect.sentence) && markdown(suspect.sentence),
    suspect.explanation && markdownProse(suspect.explanation),
    place && `Defined at ${name(place)}.`,
    suspect.pathText && `Held by ${name(suspect.pathText)}:`,
    suspect.path.length > 0 && pathTable(suspect.path),
    contents(suspect),
    `**What to do:** ${markdownProse(suspect.advice)}`,
  ];
}

function overviewBlock({ overview, rss }) {
  const { totalSize, objects, edges, kinds, arrayBufferBytes } = overview;
  const head = `${size(totalSize)} in ${plural(objects, 'object')} with ${plural(edges, 'reference')}; ${size(arrayBufferBytes)} of ArrayBuffers.`;
  const columns = [left('kind'), right('objects'), right('shallow'), right('share')];
  const rows = kinds.map((kind) => [
    name(kind.kind),
    count(kind.count),
    size(kind.selfSize),
    percent(kind.share),
  ]);
  const parts = [head, rss && markdown(rss.sentence), table(columns, rows)];
  return details('Overview', parts.filter(Boolean).join('\n\n'));
}

function objectsBlock({ objects }) {
  const columns = [left('object'), right('retained'), right('share'), left('held by')];
  const rows = objects.map((object) => [
    name(objectLabel(object)),
    size(object.retainedSize),
    percent(object.share),
    name(object.pathText),
  ]);
  return rows.length > 0 && details('Biggest objects', table(columns, rows));
}

function classesBlock({ classes }) {
  return (
    classes.length > 0 &&
    details('Classes by retained size', table(CLASS_COLUMNS, classes.map(classRow)))
  );
}

function stringsBlock({ duplicateStrings }) {
  const columns = [left('text'), right('copies'), right('all of them'), right('wasted')];
  const rows = duplicateStrings.map((one) => [
    name(one.text),
    count(one.count),
    size(one.selfSize),
    size(one.wasted),
  ]);
  return rows.length > 0 && details('Duplicate strings', table(columns, rows));
}

function collectionsBlock({ collections }) {
  const columns = [
    left('collection'),
    right('entries'),
    right('room for'),
    right('filled'),
    left('held by'),
  ];
  const rows = collections.map((one) => [
    name(objectLabel(one.object)),
    count(one.entries),
    count(one.capacity),
    percent(one.fill),
    name(one.pathText),
  ]);
  return rows.length > 0 && details('Collections', table(columns, rows));
}

/**
 * @param {object} report of `analyze()`
 * @returns {string} ends with a newline
 */
function reportMarkdown(report) {
  const { file, verdict, suspects } = report;
  return document([
    `### Heap snapshot ${name(path.basename(file.path))} (${fileLabel(file)})`,
    `> ${markdown(verdict)}`,
    ...suspects.flatMap((suspect, at) => suspectBlocks(suspect, at + 1, verdict)),
    overviewBlock(report),
    classesBlock(report),
    objectsBlock(report),
    stringsBlock(report),
    collectionsBlock(report),
    `<sub>rsprof ${version}</sub>`,
  ]);
}

module.exports = { reportMarkdown };
