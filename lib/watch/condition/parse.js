'use strict';

/**
 * The grammar of a condition, from what binds least:
 *
 *     either      both ('or' both)*                        also ||
 *     both        negated ('and' negated)*                 also &&
 *     negated     'not' negated | held                     also !
 *     held        comparison ['for' duration]
 *     comparison  sum [('>' | '>=' | '<' | '<=' | '==' | '!=') sum]
 *     sum         product (('+' | '-') product)*
 *     product     signed (('*' | '/') signed)*
 *     signed      '-' signed | operand
 *     operand     number [unit] ['/' time unit] | percent 'of' operand | reading | call | '(' either ')'
 *
 * @module
 */

const { CALLS, readName } = require('./calls.js');
const { didYouMean, nearest } = require('./nearest.js');
const { problem } = require('./problem.js');
const { ALIASES, DERIVED, NAMES, READINGS } = require('./readings.js');
const { readTokens } = require('./tokens.js');
const tree = require('./tree.js');
const units = require('./units.js');

/** Parentheses and signs within each other; deeper ones nobody can read. */
const MOST_DEPTH = 50;

/** As it was written. */
const LITERAL_DIGITS = 9;

const COMPARISONS = Object.freeze(['>', '>=', '<', '<=', '==', '!=']);

/** What a duration, a confidence looks like. */
const DURATION = 'a time such as 30s, 5m or 1h';

class Parser {
  #tokens;
  #position = 0;
  #depth = 0;

  /** @param {{ text: string, where: string }} source */
  constructor(source) {
    this.source = source;
    this.#tokens = readTokens(source);
  }

  problem(message, { at }) {
    return problem(this.source, message, at);
  }

  place(from, to) {
    return tree.span(this.source, from, to);
  }

  peek() {
    return this.#tokens[this.#position];
  }

  /** The next tokens; fewer at the end. */
  ahead(count) {
    return this.#tokens.slice(this.#position, this.#position + count);
  }

  /** The token that was read last. */
  last() {
    return this.#tokens[this.#position - 1];
  }

  next() {
    const token = this.peek();
    if (token.type !== 'end') this.#position += 1;
    return token;
  }

  /** The next token if it is this operator or keyword. */
  accept(...texts) {
    const { type, text, isKeyword } = this.peek();
    const isOperator = type === 'symbol' || isKeyword;
    return isOperator && texts.includes(text) ? this.next() : undefined;
  }

  take(type, message) {
    const token = this.peek();
    if (token.type === type && !token.isKeyword) return this.next();
    throw this.problem(message, token);
  }

  symbol(text, message) {
    const token = this.accept(text);
    if (token) return token;
    throw this.problem(message, this.peek());
  }

  close() {
    return this.symbol(')', 'a closing parenthesis is missing here');
  }

  /** A literal time within a range. */
  duration({ least, most }, of) {
    const token = this.peek();
    const ms = token.unit?.quantity === units.TIME ? token.value * token.unit.factor : Number.NaN;
    if (ms >= least && ms <= most) {
      this.next();
      return Math.round(ms);
    }
    const range = `from ${units.format(least, units.TIME)} to ${units.format(most, units.TIME)}`;
    throw this.problem(`${of} needs ${DURATION}, ${range}`, token);
  }

  confidence() {
    const token = this.peek();
    const share = token.unit?.quantity === units.SHARE ? token.value / 100 : Number.NaN;
    if (share >= 0.5 && share < 1) {
      this.next();
      return share;
    }
    throw this.problem('leak() takes a confidence from 50% to below 100%: leak(99.9%)', token);
  }

  /** What is inside of something else. */
  deeper(read, token) {
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH)
      throw this.problem(`more than ${MOST_DEPTH} levels deep; make several rules of it`, token);
    const node = read();
    this.#depth -= 1;
    return node;
  }
}

function list(parser, read, word, form) {
  const nodes = [read(parser)];
  while (parser.accept(word)) nodes.push(read(parser));
  return tree.join(parser.source, form, nodes);
}

const readEither = (parser) => list(parser, readBoth, 'or', 'any');
const readBoth = (parser) => list(parser, readNegated, 'and', 'all');

function readNegated(parser) {
  const word = parser.accept('not');
  if (!word) return readHeld(parser);
  const node = parser.deeper(() => readNegated(parser), word);
  return tree.not(parser.source, word, node);
}

/** As long as the history goes back. */
const HELD = Object.freeze({ least: 1, most: units.TIMES.d });

function readHeld(parser) {
  const node = readComparison(parser);
  if (!parser.accept('for')) return node;
  const ms = parser.duration(HELD, 'for');
  return tree.held(parser.source, node, ms, parser.last());
}

function readComparison(parser) {
  const left = readSum(parser);
  const operator = parser.accept(...COMPARISONS);
  if (!operator) return left;
  const node = tree.comparison(parser.source, operator.text, left, readSum(parser));
  const second = parser.accept(...COMPARISONS);
  if (second) throw parser.problem('one comparison after the other; join two with and', second);
  return node;
}

function leftToRight(parser, read, operators) {
  let node = read(parser);
  for (let found = parser.accept(...operators); found; found = parser.accept(...operators)) {
    node = tree.arithmetic(parser.source, found.text, node, read(parser));
  }
  return node;
}

const readSum = (parser) => leftToRight(parser, readProduct, ['+', '-']);
const readProduct = (parser) => leftToRight(parser, readSigned, ['*', '/']);

function readSigned(parser) {
  const sign = parser.accept('-');
  if (!sign) return readOperand(parser);
  const node = parser.deeper(() => readSigned(parser), sign);
  return tree.negative(parser.source, sign, node);
}

function readOperand(parser) {
  const token = parser.next();
  if (token.type === 'number') return readNumber(parser, token);
  if (token.type === 'word' && !token.isKeyword) return readWord(parser, token);
  if (token.type === 'symbol' && token.text === '(') return readGroup(parser, token);
  throw parser.problem(unexpected(token), token);
}

function unexpected({ type, text }) {
  if (type === 'clock') return `a time of day is written at(${text})`;
  const what = type === 'end' ? 'the condition ends' : `${text} stands`;
  return `${what} where a reading or a number is needed`;
}

/** The parentheses belong to it, so that its text is whole. */
function readGroup(parser, open) {
  const node = parser.deeper(() => readEither(parser), open);
  return { ...node, ...parser.place(open, parser.close()) };
}

function readNumber(parser, token) {
  const unit = token.unit ?? { quantity: units.NUMBER, factor: 1, isBinary: false };
  const style = { isBinary: unit.isBinary, per: undefined, digits: LITERAL_DIGITS };
  // By 100: 0.9 * 100 is no 90.
  const value = unit.quantity === units.SHARE ? token.value / 100 : token.value * unit.factor;
  const node = tree.literal(value, unit.quantity, parser.place(token, token), style);
  if (unit.quantity === units.SHARE && parser.accept('of')) {
    const of = parser.deeper(() => readOperand(parser), parser.last());
    return tree.part(parser.source, node, of);
  }
  return readRate(parser, node, token);
}

/** `100MB/h`, as long as what follows is a unit and not a reading. */
function readRate(parser, node, token) {
  const [slash, word] = parser.ahead(2);
  const ms = slash.text === '/' && word?.type === 'word' ? units.timeUnit(word.text) : undefined;
  if (ms === undefined) return node;
  parser.next();
  parser.next();
  const what = units.combine(node.what, units.TIME, -1);
  const style = { ...node.style, per: word.text === 'm' ? 'min' : word.text };
  return tree.literal(node.value / ms, what, parser.place(token, word), style);
}

function readWord(parser, token) {
  const { text } = token;
  if (READINGS.has(text) || DERIVED.has(text)) return readName(parser, token);
  const call = CALLS.get(text);
  if (call) return call(parser, token);
  throw parser.problem(unknownName(text), token);
}

function unknownName(text) {
  const alias = ALIASES.get(text.replace(/[^A-Za-z\d]/g, '').toLowerCase());
  const names = [...NAMES, ...CALLS.keys()];
  const hint = alias
    ? `did you mean ${alias}?`
    : didYouMean(text, names, 'some are heapUsed, rss, external, cpu; docs/watch.md has them all');
  const isSpelling = text.startsWith('@') && nearest(text, names).length === 1;
  return `there is no reading ${text}; ${hint}${isSpelling ? ' Names have no @ here.' : ''}`;
}

/**
 * @param {{ text: string, where: string }} source
 * @returns {object} the tree of the condition, see tree.js
 * @throws {import('../../errors.js').RsprofError} INVALID_ARG
 */
function parse(source) {
  const parser = new Parser(source);
  if (parser.peek().type === 'end') throw problem(source, 'the condition is empty');
  const node = tree.expectTruth(source, readEither(parser));
  const rest = parser.peek();
  if (rest.type !== 'end') throw parser.problem(`${rest.text} is not expected here`, rest);
  return node;
}

module.exports = { parse };
