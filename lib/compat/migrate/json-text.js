'use strict';

/**
 * Changes members of a JSON object in its text; the rest of the text stays as it is.
 *
 * The text is known to be JSON: `JSON.parse` has read it.
 *
 * @module
 */

const SPACE = /\s*/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^\s,\]}]+/y;

/** Where `pattern` ends that begins at `at`. */
function endOf(pattern, text, at) {
  pattern.lastIndex = at;
  return at + pattern.exec(text)[0].length;
}

const skipSpace = (text, at) => endOf(SPACE, text, at);

/** Where the value that begins at `at` ends. */
function endOfValue(text, at) {
  if (text[at] === '"') return endOf(STRING, text, at);
  if (text[at] !== '{' && text[at] !== '[') return endOf(SCALAR, text, at);
  let depth = 0;
  for (let i = at; ; i++) {
    if (text[i] === '"') i = endOf(STRING, text, i) - 1;
    else if (text[i] === '{' || text[i] === '[') depth++;
    else if ((text[i] === '}' || text[i] === ']') && --depth === 0) return i + 1;
  }
}

/**
 * The members of the object that begins at `at`.
 *
 * @returns {{ start: number, end: number, members: { key: string, start: number, value: number, end: number }[] }}
 *   `start` is behind the opening brace, `end` at the closing one
 */
function readObject(text, at) {
  const members = [];
  let i = skipSpace(text, at + 1);
  while (text[i] !== '}') {
    const start = i;
    const keyEnd = endOf(STRING, text, start);
    const value = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = endOfValue(text, value);
    members.push({ key: JSON.parse(text.slice(start, keyEnd)), start, value, end });
    i = skipSpace(text, end);
    if (text[i] === ',') i = skipSpace(text, i + 1);
  }
  return { start: at + 1, end: i, members };
}

/** A step of indentation: as the first member of the document has it. */
function indentOf(text) {
  const [, space = ''] = /^\s*\{\r?\n([ \t]+)"/.exec(text) ?? [];
  return space === '' ? '  ' : space;
}

const newlineOf = (text) => (text.includes('\r\n') ? '\r\n' : '\n');

/** The text of `value`, whose own line is indented `depth` times. */
function valueText(value, text, depth) {
  const indent = indentOf(text);
  return JSON.stringify(value, null, indent).replaceAll(
    '\n',
    `${newlineOf(text)}${indent.repeat(depth)}`,
  );
}

function splice(text, start, end, replacement) {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** Puts a member before the first whose key comes after it, where the others are in order; else last. */
function insert(text, object, depth, member) {
  const { members, start, end } = object;
  const indent = `${newlineOf(text)}${indentOf(text).repeat(depth)}`;
  if (members.length === 0) {
    const outer = `${newlineOf(text)}${indentOf(text).repeat(depth - 1)}`;
    return splice(text, start, end, `${indent}${member.text}${outer}`);
  }
  const isSorted = members.every(({ key }, at) => at === 0 || members[at - 1].key <= key);
  const next = isSorted ? members.find(({ key }) => key > member.key) : undefined;
  const neighbour = next ?? members.at(-1);
  const between = /\s*$/.exec(text.slice(start, neighbour.start))[0];
  if (next) return splice(text, next.start, next.start, `${member.text},${between}`);
  const last = members.at(-1).end;
  return splice(text, last, last, `,${between}${member.text}`);
}

function remove(text, { members, start, end }, at) {
  if (members.length === 1) return splice(text, start, end, '');
  if (at === 0) return splice(text, members[0].start, members[1].start, '');
  return splice(text, members[at - 1].end, members[at].end, '');
}

/**
 * @param {string} text of a JSON object
 * @param {string[]} path of a member; objects that are missing on the way are made
 * @param {unknown} value its new value; undefined removes it, and an object that is empty then
 * @returns {string}
 */
function setIn(text, path, value) {
  return setBelow(text, skipSpace(text, 0), path, value, 1);
}

function setBelow(text, at, [key, ...rest], value, depth) {
  const object = readObject(text, at);
  const index = object.members.findIndex((member) => member.key === key);
  const member = object.members[index];
  if (!member) {
    if (value === undefined) return text;
    const whole = rest.reduceRight((inner, name) => ({ [name]: inner }), value);
    const written = `${JSON.stringify(key)}: ${valueText(whole, text, depth)}`;
    return insert(text, object, depth, { key, text: written });
  }
  if (rest.length > 0) {
    const changed = setBelow(text, member.value, rest, value, depth + 1);
    const isEmpty = value === undefined && readObject(changed, member.value).members.length === 0;
    return isEmpty ? remove(text, object, index) : changed;
  }
  if (value === undefined) return remove(text, object, index);
  return splice(text, member.value, member.end, valueText(value, text, depth));
}

module.exports = { setIn };
