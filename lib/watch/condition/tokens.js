'use strict';

/**
 * The text of a condition as tokens: numbers with their unit, words, times of day, operators.
 *
 * @module
 */

const { problem } = require('./problem.js');
const { UNITS, findUnit, likelyUnit } = require('./units.js');

/** Characters of a condition; whoever needs more has several rules. */
const MOST_LENGTH = 2000;

/**
 * @typedef {{ type: 'number'|'word'|'clock'|'symbol'|'end', text: string, at: number, end: number,
 *   value?: number, unit?: object }} Token `text` of keywords and operators is the one spelling that the parser
 *   knows
 */

const SPACE = /\s*/y;
const CLOCK = /\d{1,2}:\d{2}(?![\d:])/y;
const NUMBER = /\d+(?:\.\d+)?|\.\d+/y;
const UNIT = /\s*(%|[A-Za-z]\w*)/y;
/** With what other tools write into names, so that the message can name the whole of it. */
const WORD = /[A-Za-z_@$][\w@$.]*/y;
const SYMBOL = /&&|\|\||===|!==|[<>=!]=|[<>!()+\-*/,=]/y;

const KEYWORDS = new Set(['and', 'or', 'not', 'for', 'of']);
const SPELLINGS = Object.freeze({ '&&': 'and', '||': 'or', '!': 'not' });

function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

const isKeyword = (word) => KEYWORDS.has(word.toLowerCase());

function unknownUnit(source, word, at) {
  const likely = likelyUnit(word);
  const hint = likely ? `write ${likely}` : `the units are ${UNITS}`;
  return problem(source, `there is no unit ${word}; ${hint}`, at);
}

/** A number and its unit; a keyword behind it is none. */
function readNumber(source, [digits], at) {
  const value = Number(digits);
  const end = at + digits.length;
  const found = matchAt(UNIT, source.text, end);
  if (!found || isKeyword(found[1])) return { type: 'number', text: digits, at, end, value };
  const unit = findUnit(found[1]);
  if (!unit) throw unknownUnit(source, found[1], end + found[0].length - found[1].length);
  return { type: 'number', text: digits, at, end: end + found[0].length, value, unit };
}

function readSymbol(source, [text], at) {
  const end = at + text.length;
  if (text === '=') throw problem(source, 'a single = compares nothing; write ==', at);
  if (text.length === 3) throw problem(source, `write ${text.slice(0, 2)}`, at);
  const spelling = SPELLINGS[text];
  if (spelling) return { type: 'word', text: spelling, at, end, isKeyword: true };
  return { type: 'symbol', text, at, end };
}

function readWord([text], at) {
  const keyword = isKeyword(text);
  const name = keyword ? text.toLowerCase() : text;
  return { type: 'word', text: name, at, end: at + text.length, isKeyword: keyword };
}

function readToken(source, at) {
  const { text } = source;
  const clock = matchAt(CLOCK, text, at);
  if (clock) return { type: 'clock', text: clock[0], at, end: at + clock[0].length };
  const number = matchAt(NUMBER, text, at);
  if (number) return readNumber(source, number, at);
  const word = matchAt(WORD, text, at);
  if (word) return readWord(word, at);
  const symbol = matchAt(SYMBOL, text, at);
  if (symbol) return readSymbol(source, symbol, at);
  throw problem(source, 'this character means nothing here', at);
}

/**
 * @param {{ text: string, where: string }} source
 * @returns {Token[]} the last one is the end
 * @throws {import('../../errors.js').RsprofError} INVALID_ARG
 */
function readTokens(source) {
  const { text } = source;
  if (text.length > MOST_LENGTH) {
    const most = `a condition has at most ${MOST_LENGTH} characters`;
    throw problem(source, `${most}, this one has ${text.length}; make several rules of it`);
  }
  const tokens = [];
  let at = matchAt(SPACE, text, 0)[0].length;
  while (at < text.length) {
    const token = readToken(source, at);
    tokens.push(token);
    at = token.end + matchAt(SPACE, text, token.end)[0].length;
  }
  tokens.push({ type: 'end', text: '', at: text.length, end: text.length });
  return tokens;
}

module.exports = { MOST_LENGTH, readTokens };
