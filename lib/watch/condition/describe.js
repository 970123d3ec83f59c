'use strict';

/**
 * A condition as a person reads it: in words before anything has happened, and with the readings for which it
 * is true.
 *
 * @module
 */

const { TRUE } = require('./evaluate.js');
const { PLAIN_STYLE, SHARE, TIME, format, isSame } = require('./units.js');

/** Digits of a reading that would look the same as what it is compared with. */
const MORE_DIGITS = 6;

const COMPARED = Object.freeze({
  '>': 'above',
  '>=': 'at least',
  '<': 'below',
  '<=': 'at most',
  '==': 'equal to',
  '!=': 'other than',
});

const literalText = ({ value, what, style }) => format(value, what, style);

/** `30 s`; what is no round time otherwise stays in ms. */
const timeText = (ms) => format(ms, TIME, { ...PLAIN_STYLE, digits: MORE_DIGITS });

/** `80 % of heapLimit`. */
const partText = ({ share, of }) => `${literalText(share)} of ${of.text}`;

/** What a number is called, without its value. */
function numberName(node) {
  if (node.form === 'literal') return literalText(node);
  return node.form === 'part' ? partText(node) : node.text;
}

const WINDOW_WORDS = Object.freeze({
  mean: 'the mean of',
  min: 'the lowest',
  max: 'the highest',
  sum: 'the sum of',
  slope: 'the slope of',
});

function numberWords(node) {
  if (node.form !== 'window') return numberName(node);
  return `${WINDOW_WORDS[node.call]} ${node.reading.name} over ${timeText(node.ms)}`;
}

function stuckWords({ ms }) {
  return ms === null ? 'the event loop is stuck' : `the event loop is stuck for ${timeText(ms)}`;
}

const EVENT_WORDS = Object.freeze({
  stuck: stuckWords,
  nearHeapLimit: () => 'the heap comes near its limit',
  signal: ({ signal }) => `the signal ${signal} arrives`,
  every: ({ ms }) => `every ${timeText(ms)}`,
  at: ({ key, utc }) => `each day at ${key.slice(3, 8)}${utc ? ' UTC' : ''}`,
});

function leakWords({ confidence }) {
  const sure =
    confidence > 0 ? ` (${format(confidence, SHARE, { digits: MORE_DIGITS })} sure)` : '';
  return `the heap or external memory leaks${sure}`;
}

/** Of what binds less, so that the words cannot be read in two ways. */
const inside = (node, text) =>
  node.form === 'all' || node.form === 'any' || node.form === 'held' ? `(${text})` : text;

const several = (word) => (node) => node.of.map((one) => inside(one, words(one))).join(` ${word} `);

const WORDS = Object.freeze({
  comparison: ({ operator, left, right }) =>
    `${numberWords(left)} ${COMPARED[operator]} ${numberWords(right)}`,
  all: several('and'),
  any: several('or'),
  not: ({ of }) => `not ${inside({ form: 'all' }, words(of))}`,
  held: ({ of, ms }) => `${inside(of, words(of))} for ${timeText(ms)}`,
  leak: leakWords,
  event: ({ trigger }) => EVENT_WORDS[trigger.kind](trigger),
});

/**
 * What the condition waits for: `heapUsed above 80 % of heapLimit for 30 s`.
 *
 * @param {object} tree
 * @returns {string}
 */
const words = (tree) => WORDS[tree.form](tree);

/** A reading is shown in the units of what it is compared with. */
function styleOf(node, other) {
  const style = node.style ?? other.style;
  return style && isSame(node.what, other.what)
    ? { ...PLAIN_STYLE, isBinary: style.isBinary, per: style.per }
    : PLAIN_STYLE;
}

/** A quotient beside a share is one. */
const shownAs = (node, other) =>
  node.what.kind === 'any' && other.what.kind === 'share' ? other.what : node.what;

/** The values of one evaluation, by the nodes of the tree. */
class Values {
  constructor(program, slots, context) {
    this.program = program;
    this.slots = slots;
    this.context = context;
  }

  truth(node) {
    return this.program.truth(this.slots.get(node));
  }

  number(node, other, digits) {
    const value = this.program.number(this.slots.get(node));
    return format(value, shownAs(node, other), { ...styleOf(node, other), digits });
  }
}

const isSimple = (node) => node.form === 'reading' || node.form === 'window' || node.name;

/** `heapUsed 812 MB`, `80 % of heapLimit (832 MB)`, `800 MB`. */
function sideText(node, other, values, digits) {
  if (node.form === 'literal') return literalText(node);
  const value = values.number(node, other, digits);
  return isSimple(node) ? `${node.text} ${value}` : `${numberName(node)} (${value})`;
}

function comparisonText(node, values) {
  const { operator, left, right } = node;
  const digitsOf = (digits) => [
    values.number(left, right, digits),
    values.number(right, left, digits),
  ];
  const [a, b] = digitsOf(PLAIN_STYLE.digits);
  const digits = a === b ? MORE_DIGITS : PLAIN_STYLE.digits;
  const sides = [sideText(left, right, values, digits), sideText(right, left, values, digits)];
  return sides.join(` ${operator} `);
}

/** Of `or` what is true, or everything where nothing is. */
function anyText(node, values) {
  const isTrue = node.of.filter((one) => values.truth(one) === TRUE);
  return joined(isTrue.length > 0 ? isTrue : node.of, 'or', values);
}

function joined(nodes, word, values) {
  const isAlone = nodes.length === 1;
  return nodes
    .map((one) => (isAlone ? text(one, values) : inside(one, text(one, values))))
    .join(` ${word} `);
}

function leakText(node, { context }) {
  const { heap, external } = context.leak ?? {};
  const isLeaking = (verdict) =>
    node.confidence > 0 ? verdict.confidence >= node.confidence : verdict.leaking;
  const said = [
    [heap, 'the heap'],
    [external, 'external memory'],
  ]
    .filter(([verdict]) => verdict && isLeaking(verdict))
    .map(([verdict, name]) => `${name} leaks${verdict.text ? `: ${verdict.text}` : ''}`);
  return said.length > 0 ? said.join('; ') : leakWords(node);
}

/** What did not happen is not told as if it had. */
function eventText(node, values) {
  const said = EVENT_WORDS[node.trigger.kind](node.trigger);
  return values.truth(node) === TRUE ? said : `${said} (not now)`;
}

const TEXTS = Object.freeze({
  comparison: comparisonText,
  all: (node, values) => joined(node.of, 'and', values),
  any: anyText,
  not: ({ of }, values) => `not (${text(of, values)})`,
  held: ({ of, ms }, values) => `${inside(of, text(of, values))}, for ${timeText(ms)}`,
  leak: leakText,
  event: eventText,
});

const text = (node, values) => TEXTS[node.form](node, values);

/**
 * For which readings it was true: `heapUsed 812 MB > 800 MB, for 30 s`.
 *
 * @param {object} tree
 * @param {{ program: object, slots: Map }} compiled that has run
 * @param {object} context of that run
 * @returns {string}
 */
function describe(tree, { program, slots }, context) {
  return text(tree, new Values(program, slots, context));
}

module.exports = { describe, words };
