'use strict';

/**
 * How many columns of a terminal a text takes, and how to make it fit.
 *
 * @module
 */

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}|[\u{20000}-\u{3fffd}]/u;
/** Controls are not shown: they mark parts of a line (see page.js). */
const NARROW = /\p{Mn}|\p{Me}|\p{Cc}/u;
const ASCII = /^[\u0020-\u007e]*$/;

function widthOf(character) {
  if (NARROW.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Columns of `text`, which has no controls of its own (see ../escape.js). */
function width(text) {
  if (ASCII.test(text)) return text.length;
  let sum = 0;
  for (const character of text) sum += widthOf(character);
  return sum;
}

/** The beginning of `text` that fits into `columns`. */
function head(text, columns) {
  if (ASCII.test(text)) return text.slice(0, columns);
  let room = columns;
  let kept = '';
  for (const character of text) {
    room -= widthOf(character);
    if (room < 0) break;
    kept += character;
  }
  return kept;
}

/** `text` in at most `columns`, with an ellipsis where it was cut. */
function cut(text, columns) {
  return width(text) <= columns ? text : `${head(text, Math.max(0, columns - 1))}…`;
}

/**
 * The same for a path, whose end says most: a third of the room is for its beginning.
 */
function cutMiddle(text, columns) {
  if (width(text) <= columns) return text;
  const start = head(text, Math.max(0, Math.floor((columns - 1) / 3)));
  const room = Math.max(0, columns - 1 - width(start));
  let end = '';
  for (const character of [...text].reverse()) {
    if (width(character + end) > room) break;
    end = character + end;
  }
  return `${start}…${end}`;
}

function padEnd(text, columns) {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

function padStart(text, columns) {
  return ' '.repeat(Math.max(0, columns - width(text))) + text;
}

/** The lines of `word`, which may be wider than a line. */
function breakWord(word, columns) {
  const lines = [];
  let rest = word;
  while (width(rest) > columns) {
    const line = head(rest, columns);
    // A line too narrow for one wide character still takes it.
    const taken = line === '' ? [...rest][0] : line;
    lines.push(taken);
    rest = rest.slice(taken.length);
  }
  return [...lines, rest];
}

/**
 * `text` in lines of at most `columns`, broken at spaces; what has none is broken anywhere.
 *
 * @returns {string[]}
 */
function wrap(text, columns) {
  const lines = [];
  let line = '';
  for (const word of text.split(' ').flatMap((one) => breakWord(one, columns))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (width(longer) <= columns) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

module.exports = { cut, cutMiddle, padEnd, padStart, width, wrap };
