'use strict';

/**
 * The parts a condition is made of, and what may be put together: bytes are not compared with milliseconds.
 *
 * A number: `{ type: 'number', form, what, isKnown, style?, at, text }`, where `isKnown` says that it is written
 * out and not read; its forms are `literal`, `reading`, `window`, `part`, `negative`, `arithmetic`. `name`d ones
 * are shown by that name.
 *
 * A truth: `{ type: 'truth', form, hasEvent, at, text }`; its forms are `comparison`, `all`, `any`, `not`,
 * `held`, `leak`, `event`.
 *
 * @module
 */

const { problem } = require('./problem.js');
const { PLAIN_STYLE, SHARE, combine, format, isPlain, isSame, nameOf } = require('./units.js');

/** Offset and text of a node from one token or node to another. */
function span(source, from, to) {
  const { at } = from;
  const { end } = to;
  return { at, end, text: source.text.slice(at, end).replace(/\s+/g, ' ') };
}

const number = (form, fields, place) => ({
  type: 'number',
  form,
  isKnown: false,
  ...fields,
  ...place,
});
const truth = (form, fields, place) => ({
  type: 'truth',
  form,
  hasEvent: false,
  ...fields,
  ...place,
});

const literal = (value, what, place, style) =>
  number('literal', { value, what, isKnown: true, style }, place);

const reading = (one, place) => number('reading', { reading: one, what: one.what }, place);

/** Text that is shown for a number, so that a message can name it. */
const named = (node) =>
  node.form === 'literal' ? node.text : `${node.text} (${nameOf(node.what)})`;

function expectNumber(source, node) {
  if (node.type === 'number') return node;
  throw problem(source, `a number is needed here, and ${node.text} is true or false`, node.at);
}

/** What a number could be compared with, for the message. */
const EXAMPLES = Object.freeze({ share: '80%', number: '100', any: '0.8' });

function example({ what }) {
  if (isPlain(what)) return EXAMPLES[what.kind];
  return format(what.bytes === 1 ? 800 * 2 ** 20 : 200, what, PLAIN_STYLE).replace(' ', '');
}

function expectTruth(source, node) {
  if (node.type === 'truth') return node;
  const hint = `compare it with something: ${node.text} > ${example(node)}`;
  throw problem(source, `${node.text} is a number, not a condition; ${hint}`, node.at);
}

/** Why `side` is not what it is compared with; undefined for what has no better explanation. */
function explainLiteral(side, other) {
  if (side.form !== 'literal') return undefined;
  const { what, text } = side;
  if (other.what.time === -1 && what.time === 0 && what.bytes === other.what.bytes)
    return missingTime(text);
  if (isPlain(what) && what.kind === 'share')
    return `${text} of what? Write of which reading, such as ${text} of ${limitOf(other)}`;
  if (isPlain(what) && what.kind === 'number') return missingUnit(text, other.what);
  return undefined;
}

const LIMITS = Object.freeze({
  rss: 'memoryLimit',
  memoryUsed: 'memoryLimit',
  fds: 'fdLimit',
  diskFree: 'diskTotal',
});

/** A reading of which another one could be a share. */
function limitOf({ what, text }) {
  return LIMITS[text] ?? (what.bytes === 1 ? 'heapLimit' : 'another reading');
}

function missingUnit(text, what) {
  if (what.bytes === 1 && what.time === 0)
    return `${text} what? Sizes have a unit, such as ${text}MB`;
  if (what.bytes === 0 && what.time === 1)
    return `${text} what? Times have a unit, such as ${text}ms`;
  return what.time === -1 ? missingTime(`${text}MB`) : undefined;
}

const missingTime = (text) => `${text} in which time? Write ${text}/s, ${text}/min or ${text}/h`;

/** `90` beside a share is a slip: 90 % is meant. */
function checkShare(source, side, other) {
  const isBare = side.form === 'literal' && isPlain(side.what) && side.what.kind === 'number';
  if (!isBare || !isPlain(other.what) || other.what.kind !== 'share') return side;
  if (Math.abs(side.value) <= 1) return { ...side, what: SHARE };
  const hint = `write ${side.text}% or ${format(side.value, SHARE).replace(' ', '')}`;
  throw problem(source, `${other.text} is a share, of which 1 is 100 %; ${hint}`, side.at);
}

/** Both sides, or an error that says why they do not belong together. */
function alike(source, left, right, verb) {
  const sides = [checkShare(source, left, right), checkShare(source, right, left)];
  if (isSame(sides[0].what, sides[1].what)) return sides;
  const [why, at] = explainLiteral(right, left)
    ? [explainLiteral(right, left), right.at]
    : [explainLiteral(left, right), left.at];
  if (why) throw problem(source, why, at);
  const both = `${nameOf(left.what)} (${left.text}) and ${nameOf(right.what)} (${right.text})`;
  throw problem(source, `${both} cannot be ${verb}`, right.at);
}

/** `heapUsed > 800MB`. */
function comparison(source, operator, one, other) {
  const [left, right] = alike(
    source,
    expectNumber(source, one),
    expectNumber(source, other),
    'compared',
  );
  const place = span(source, one, other);
  if (left.isKnown && right.isKnown)
    throw problem(source, `${place.text} is the same at any time; name a reading`, one.at);
  return truth('comparison', { operator, left, right }, place);
}

function sum(source, operator, left, right, place) {
  const verb = operator === '+' ? 'added' : 'subtracted';
  const [a, b] = alike(source, left, right, verb);
  const what = isPlain(a.what) && a.what.kind === 'any' ? b.what : a.what;
  return { left: a, right: b, what, ...place };
}

function product(source, operator, left, right, place) {
  const what = combine(left.what, right.what, operator === '*' ? 1 : -1);
  if (what) return { left, right, what, ...place };
  throw problem(source, `${named(left)} ${operator} ${named(right)} measures nothing`, left.at);
}

/** `heapUsed / heapLimit`, `rss - heapTotal`. */
function arithmetic(source, operator, one, other) {
  const [left, right] = [expectNumber(source, one), expectNumber(source, other)];
  const make = operator === '+' || operator === '-' ? sum : product;
  const fields = make(source, operator, left, right, span(source, one, other));
  return number('arithmetic', { operator, ...fields, isKnown: left.isKnown && right.isKnown }, {});
}

/** `80% of heapLimit`. */
function part(source, share, one) {
  const of = expectNumber(source, one);
  const { what, isKnown } = of;
  return number('part', { share, of, what, isKnown }, span(source, share, of));
}

function negative(source, sign, one) {
  const of = expectNumber(source, one);
  const { what, isKnown } = of;
  return number('negative', { of, what, isKnown }, span(source, sign, of));
}

/** `and`, `or` of several; those of one kind become one. */
function join(source, form, nodes) {
  if (nodes.length === 1) return nodes[0];
  const of = nodes.flatMap((node) => {
    const one = expectTruth(source, node);
    return one.form === form ? one.of : [one];
  });
  const hasEvent = of.some((one) => one.hasEvent);
  return truth(form, { of, hasEvent }, span(source, nodes[0], nodes.at(-1)));
}

function not(source, word, node) {
  const of = expectTruth(source, node);
  if (of.hasEvent) {
    const why = 'what happens in a moment is not there nearly all of the time';
    throw problem(source, `not does not go with an event: ${why}`, word.at);
  }
  return truth('not', { of }, span(source, word, of));
}

/** `cpu > 90% for 60s`. */
function held(source, node, ms, last) {
  const of = expectTruth(source, node);
  if (of.hasEvent) {
    const hint = of.form === 'event' && of.trigger.kind === 'stuck' ? '; write stuck(5s)' : '';
    throw problem(source, `an event is over in a moment, and does not last${hint}`, last.at);
  }
  return truth('held', { of, ms }, span(source, of, last));
}

module.exports = {
  arithmetic,
  comparison,
  expectTruth,
  held,
  join,
  literal,
  negative,
  not,
  number,
  part,
  reading,
  span,
  truth,
};
