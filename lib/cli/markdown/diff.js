'use strict';

/**
 * A comparison in Markdown.
 *
 * @module
 */

const path = require('node:path');
const { count, signed, size } = require('../../units.js');
const version = require('../../version.js');
const { objectLabel } = require('../labels.js');
const {
  details,
  document,
  left,
  markdown,
  name,
  pathTable,
  right,
  table,
} = require('./document.js');

const change = (value) => signed(value, size);
const changeOfCount = (value) => signed(value, count);

function filesTable({ files }) {
  const columns = [left('file'), right('heap'), right('objects')];
  const rows = files.map((file) => [
    name(path.basename(file.path)),
    size(file.totalSize),
    count(file.objects),
  ]);
  return table(columns, rows);
}

function growingBlocks(growing, number) {
  return [
    `#### Growth ${number}: ${change(growing.retainedDelta)} retained, ${changeOfCount(growing.countDelta)} objects`,
    markdown(growing.sentence),
    growing.pathText && `Held by ${name(growing.pathText)}:`,
    growing.path.length > 0 && pathTable(growing.path),
  ];
}

function classesBlock({ classes }) {
  const columns = [
    left('class'),
    right('new'),
    right('deleted'),
    right('delta'),
    right('size delta'),
    right('retained delta'),
  ];
  const rows = classes.map((one) => [
    name(one.name),
    count(one.added),
    count(one.removed),
    changeOfCount(one.countDelta),
    change(one.sizeDelta),
    change(one.retainedDelta),
  ]);
  return rows.length > 0 && details('Classes', table(columns, rows));
}

function collectionsBlock({ collections }) {
  const columns = [
    left('collection'),
    right('before'),
    right('after'),
    right('delta'),
    right('retained delta'),
    left('held by'),
  ];
  const rows = collections.map((one) => [
    name(objectLabel(one.object)),
    one.entriesBefore === null ? 'new' : count(one.entriesBefore),
    count(one.entries),
    changeOfCount(one.entriesDelta),
    change(one.retainedDelta),
    name(one.pathText),
  ]);
  return rows.length > 0 && details('Collections that grew, by entries', table(columns, rows));
}

/**
 * @param {object} diff of `diff()`
 * @returns {string} ends with a newline
 */
function diffMarkdown(diff) {
  const { growth } = diff;
  return document([
    `### Heap growth: ${change(growth.totalSize)}, ${changeOfCount(growth.objects)} objects`,
    `> ${markdown(diff.verdict)}`,
    filesTable(diff),
    ...diff.growing.flatMap((growing, at) => growingBlocks(growing, at + 1)),
    classesBlock(diff),
    collectionsBlock(diff),
    `<sub>rsprof ${version}, compared by ${markdown(diff.matchedBy)}</sub>`,
  ]);
}

module.exports = { diffMarkdown };
