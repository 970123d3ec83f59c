'use strict';

/**
 * Where the rules of a watcher look at levels: `heapUsed > 80% of heapLimit` is a line in the chart of heapUsed.
 *
 * Shown are comparisons of a reading (or of its mean, least or greatest over a window) with a number, with another
 * reading or a share of it; `heapUsed / heapLimit > 0.8` is the same said otherwise. What has no level - a slope, a
 * sum, a trend, an event, a difference - is left out.
 *
 * @module
 */

const { parseCondition } = require('../watch/condition.js');
const { INDEX } = require('../watch/metrics.js');
const { rounded } = require('./series.js');

/** The same with its sides changed, and its contrary. */
const MIRRORED = Object.freeze({ '>': '<', '>=': '<=', '<': '>', '<=': '>=' });
const CONTRARY = Object.freeze({ '>': '<=', '>=': '<', '<': '>=', '<=': '>' });

/** Windows of which a level is one of the reading, too. */
const LEVEL_CALLS = Object.freeze(['mean', 'min', 'max']);

/** Conditions that were read, by their text: a watcher has the same ones all the time. */
const MOST_KNOWN = 200;
const known = new Map();

function isLevel({ form, call, reading }) {
  const isWindow = form === 'window' && LEVEL_CALLS.includes(call);
  return (form === 'reading' || isWindow) && reading.name in INDEX;
}

const CALCULATE = Object.freeze({
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0 ? Number.NaN : a / b),
});

/** The value of a number by the newest row; NaN for what needs more than that. */
const VALUES = Object.freeze({
  literal: ({ value }) => value,
  reading: ({ reading: { index, divisor } }, row) => row[index] / divisor,
  window: () => Number.NaN,
  part: ({ share, of }, row) => share.value * amount(of, row),
  negative: ({ of }, row) => -amount(of, row),
  arithmetic: ({ operator, left, right }, row) =>
    CALCULATE[operator](amount(left, row), amount(right, row)),
});

const amount = (node, row) => VALUES[node.form](node, row);

/** Whether a number is made of this reading. */
function isMadeOf({ reading, left, right, of }, name) {
  if (reading?.name === name) return true;
  return [left, right, of].some((part) => part && isMadeOf(part, name));
}

/** `side operator other` as a level of `side`; undefined where it is none. */
function levelOf(side, operator, other, row) {
  if (isLevel(side)) {
    const { name, divisor, index } = side.reading;
    if (isMadeOf(other, name)) return undefined;
    const value = rounded(amount(other, row) * divisor, index);
    return value === null ? undefined : { metric: name, operator, value };
  }
  const isQuotient = side.form === 'arithmetic' && side.operator === '/' && isLevel(side.left);
  if (!isQuotient || !other.isKnown) return undefined;
  const by = amount(side.right, row);
  if (!(by > 0)) return undefined;
  return levelOf(side.left, operator, { form: 'literal', value: amount(other, row) * by }, row);
}

/** What is compared, whatever `and`, `or`, `not` and `for` are around it. */
function comparisonsIn(node, isContrary = false) {
  if (node.form === 'comparison') return [{ ...node, isContrary }];
  if (node.form === 'not') return comparisonsIn(node.of, !isContrary);
  return [node.of ?? []].flat().flatMap((one) => comparisonsIn(one, isContrary));
}

function levelIn({ operator, left, right, isContrary }, row) {
  if (!(operator in MIRRORED)) return undefined;
  const meant = isContrary ? CONTRARY[operator] : operator;
  const isMirrored = !isLevel(left) && isLevel(right);
  return isMirrored ? levelOf(right, MIRRORED[meant], left, row) : levelOf(left, meant, right, row);
}

/** The comparisons of a condition; of what this version cannot read, none. */
function comparisonsOf(when) {
  if (typeof when !== 'string') return comparisonsIn(when.tree);
  if (!known.has(when)) {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(when, read(when));
  }
  return known.get(when);
}

function read(text) {
  try {
    return comparisonsIn(parseCondition(text).tree);
  } catch {
    return [];
  }
}

/**
 * @param {{ name: string, when: string|import('../watch/condition.js').Condition }[]} rules
 * @param {Float64Array} row the newest: shares are of its readings
 * @returns {{ metric: string, operator: '>'|'>='|'<'|'<=', value: number, rule: string }[]} values in the units of
 *   the metric
 */
function thresholdsOf(rules, row) {
  const found = new Map();
  for (const { name: rule, when } of rules) {
    for (const comparison of comparisonsOf(when)) {
      const level = levelIn(comparison, row);
      if (level) found.set(JSON.stringify([rule, level]), { ...level, rule });
    }
  }
  return [...found.values()];
}

module.exports = { thresholdsOf };
