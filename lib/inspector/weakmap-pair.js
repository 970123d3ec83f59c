'use strict';

/**
 * The one kind of edge name V8 makes of a program's values:
 * `3 / part of key (Object @61) -> value (secret @268) pair in WeakMap (table @781)`.
 *
 * @module
 */

const HEAD = /^(\d+) \/ part of key \(/;
const KEY_END = / @(\d+)\) -> value \(/;
const TAIL = / @(\d+)\) pair in WeakMap \(table @(\d+)\)$/;

/**
 * @param {string} name raw JSON text of an edge's name, without quotes
 * @returns {string|null} the name without key and value; null when it is no such name
 */
function withoutPairValues(name) {
  const head = HEAD.exec(name);
  if (!head) return null;
  const [opening, number] = head;
  const unknown = `${number} / part of key (*)`;
  const tail = TAIL.exec(name);
  // Numbers come from V8's end of the text: a value may hold anything, this very wording too.
  if (!tail || tail.index < opening.length) return unknown;
  const key = KEY_END.exec(name.slice(opening.length, tail.index));
  if (!key) return unknown;
  return `${number} / part of key (* @${key[1]}) -> value (* @${tail[1]}) pair in WeakMap (table @${tail[2]})`;
}

module.exports = { withoutPairValues };
