'use strict';

/**
 * Two captures of a kind: what grew from one heap to the other, what got slower from one profile to the other.
 *
 * @module
 */

const { count, percent, signed, size } = require('../lib/units.js');
const { element } = require('./dom.js');
const {
  columns,
  figures,
  fileName,
  objectCell,
  shown,
  tableCard,
  trail,
  verdict,
} = require('./view-dom.js');

const { minor, number, row, way } = columns;

const change = (value) => signed(value, size);
const changeOfCount = (value) => signed(value, count);

/** `+2.1`, in percentage points. */
const points = (difference) =>
  signed(Number((100 * difference).toFixed(1)), (value) => value.toFixed(1));

function growingCard(growing, said, texts) {
  const { className, sentence, countDelta, sizeDelta, retainedDelta, path, pathText } = growing;
  const held = path.length > 0 ? [element('h4', texts('v.heldBy')), trail(path)] : [];
  return element(
    'div.card',
    element('h3', shown(className)),
    !said.includes(sentence) && element('p', shown(sentence)),
    figures([
      [texts('v.objects'), changeOfCount(countDelta)],
      [texts('v.shallow'), change(sizeDelta)],
      [texts('v.retained'), change(retainedDelta)],
    ]),
    ...held,
    path.length === 0 && pathText && element('p', shown(pathText)),
  );
}

function classTable({ classes }, texts) {
  const changed = classes.filter((one) => one.countDelta !== 0 || one.retainedDelta !== 0);
  return tableCard({
    title: texts('v.classes'),
    columns: [
      row(texts('v.class'), (one) => shown(one.name)),
      minor(number(texts('v.added'), (one) => one.added)),
      minor(number(texts('v.removed'), (one) => one.removed)),
      number(texts('v.objects'), (one) => one.countDelta, changeOfCount),
      minor(number(texts('v.shallow'), (one) => one.sizeDelta, change)),
      number(texts('v.retained'), (one) => one.retainedDelta, change),
    ],
    rows: changed,
    texts,
  });
}

function collectionTable({ collections }, texts) {
  const before = ({ entriesBefore }) =>
    entriesBefore === null ? texts('v.added') : count(entriesBefore);
  return tableCard({
    title: texts('v.collections'),
    columns: [
      row(texts('v.collection'), (one) => objectCell(one.object)),
      minor({ ...number(texts('v.before'), (one) => one.entriesBefore ?? 0), cell: before }),
      number(texts('v.after'), (one) => one.entries),
      number(texts('v.change'), (one) => one.entriesDelta, changeOfCount),
      number(texts('v.retained'), (one) => one.retainedDelta, change),
      way(texts('v.heldBy'), (one) => shown(one.pathText)),
    ],
    rows: collections,
    texts,
  });
}

function heapDiff(diff, texts) {
  const [first, last] = [diff.files[0], diff.files.at(-1)];
  const { growth, growing, collections, matchedBy } = diff;
  return [
    verdict(diff.verdict, growing.length === 0),
    figures([
      [texts('v.before'), size(first.totalSize)],
      [texts('v.after'), size(last.totalSize)],
      [texts('v.change'), change(growth.totalSize)],
      [texts('v.objects'), changeOfCount(growth.objects)],
    ]),
    element('p.soft', texts(`v.by.${matchedBy}`)),
    ...growing.map((one) => growingCard(one, diff.verdict, texts)),
    classTable(diff, texts),
    ...(collections.length > 0 ? [collectionTable(diff, texts)] : []),
  ];
}

const functionName = ({ name, url, line }) => {
  const place = url ? `${shown(fileName(url))}:${line}` : '';
  const called = element('span.name', shown(name || '(anonymous)'));
  return element('span', called, ' ', element('span.id', place));
};

/** Whether chance alone may be behind it, in words and not by colour alone. */
function certainty({ own }, texts) {
  if (own.significant) return element('strong', texts('v.significant'));
  const known = own.noise === null ? '' : texts('v.noise', { noise: percent(own.noise) });
  return element('span.soft', known);
}

function profileDiff(diff, texts) {
  const { functions } = diff;
  return [
    verdict(diff.verdict, !functions.some(({ own }) => own.significant)),
    tableCard({
      title: texts('v.functions'),
      caption: texts('v.shares'),
      columns: [
        row(texts('v.function'), functionName),
        number(texts('v.before'), ({ own }) => own.before, percent),
        number(texts('v.after'), ({ own }) => own.after, percent),
        number(texts('v.change'), ({ own }) => own.after - own.before, points),
        minor(number(texts('v.total'), ({ total }) => total.after - total.before, points)),
        way('', (one) => certainty(one, texts)),
      ],
      rows: functions,
      texts,
    }),
  ];
}

/** @returns {Node[]} of what `diff()` resolves with */
const showDiff = (diff, texts) =>
  diff.kind === 'heapDiff' ? heapDiff(diff, texts) : profileDiff(diff, texts);

module.exports = { points, showDiff };
