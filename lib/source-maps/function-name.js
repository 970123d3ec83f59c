'use strict';

/**
 * Where the name of a function stands in generated text. V8 gives a function's position as that of its
 * parameters (`function a▮(x)`, `a=▮x=>x`, `class a{constructor▮(x)}`): the map's segment there is that of
 * the parameters or of a keyword, and only the one at the name itself tells what it was renamed from.
 *
 * @module
 */

/** What may stand between a name and the parameters: nothing is further away, classes aside. */
const WINDOW = 200;

/** A class may have much before its constructor. */
const CLASS_WINDOW = 65_536;

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;
const PREFIX = /^(?:get|set) /;

const escaped = (text) => text.replaceAll('$', '\\$');

/** Where group 1 of the last match begins. */
function lastMatch(pattern, text) {
  let found = -1;
  for (const match of text.matchAll(pattern)) found = match.indices[1][0];
  return found;
}

function columnOfClass(line, column, name) {
  if (!/\bconstructor\s*$/.test(line.slice(Math.max(0, column - WINDOW), column))) return -1;
  const start = Math.max(0, column - CLASS_WINDOW);
  const id = `(?<![\\p{ID_Continue}$])(${escaped(name)})(?![\\p{ID_Continue}$])`;
  const text = line.slice(start, column);
  const found = Math.max(
    lastMatch(new RegExp(`class\\s+${id}`, 'dgu'), text),
    lastMatch(new RegExp(`${id}\\s*=\\s*class\\b`, 'dgu'), text),
  );
  return found === -1 ? -1 : start + found;
}

/**
 * @param {string} line of generated text
 * @param {number} column V8's position of the function on it, from 0
 * @param {string} name V8's name of it
 * @returns {number} where that name stands, from 0; -1 where it is not told
 */
function columnOfName(line, column, name) {
  const own = name.replace(PREFIX, '');
  if (!IDENTIFIER.test(own)) return -1;
  const start = Math.max(0, column - WINDOW - own.length);
  const between = '(?:\\s*(?:=|:)\\s*(?:async\\b\\s*)?(?:function\\b\\s*\\*?\\s*)?)?';
  const id = `(?<![\\p{ID_Continue}$])${escaped(own)}`;
  const before = new RegExp(`${id}${between}\\s*$`, 'u').exec(line.slice(start, column));
  if (before) return start + before.index;
  const after = /^class\s+/.exec(line.slice(column, column + WINDOW));
  if (after && line.startsWith(own, column + after[0].length)) return column + after[0].length;
  return columnOfClass(line, column, own);
}

module.exports = { PREFIX, columnOfName };
