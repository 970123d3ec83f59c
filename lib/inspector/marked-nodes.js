'use strict';

/**
 * The nodes of a heap snapshot as columns: id, and which group (class and size) each belongs to. Classes
 * are those of memwatch's HeapDiff.
 *
 * @module
 */

const { IntegerRows } = require('./integer-rows.js');
const { invalidSnapshot } = require('./snapshot-error.js');

/** What the nodes of a type are called; those of `object` go by their own name, the others by none. */
const NAMES = Object.freeze({
  array: 'Array',
  string: 'String',
  code: 'Code',
  closure: 'Closure',
  regexp: 'RegExp',
  number: 'Number',
  native: 'Native',
});

/** Objects that watch the others. */
const OWN = 'HeapDiff';

/** Sizes below share a number with a class (28 bits and these 22: exact in a double); larger ones are rare. */
const MOST_SIZE = 2 ** 22;

const CLOSE = 93;
const RADIX = 65_536;

/** Orders `keys`, and `values` with them. */
function sortByKey(keys, values) {
  let [fromKeys, fromValues] = [keys, values];
  let [toKeys, toValues] = [new Uint32Array(keys.length), new Uint32Array(keys.length)];
  for (const shift of [0, 16]) {
    const starts = new Uint32Array(RADIX + 1);
    for (const key of fromKeys) starts[((key >>> shift) & 0xffff) + 1]++;
    for (let digit = 0; digit < RADIX; digit++) starts[digit + 1] += starts[digit];
    for (let at = 0; at < fromKeys.length; at++) {
      const to = starts[(fromKeys[at] >>> shift) & 0xffff]++;
      toKeys[to] = fromKeys[at];
      toValues[to] = fromValues[at];
    }
    [fromKeys, toKeys] = [toKeys, fromKeys];
    [fromValues, toValues] = [toValues, fromValues];
  }
}

/** The names of classes, by string index: the table of strings asks which it wants. */
class ClassNames {
  #texts = new Map();

  want(index) {
    this.#texts.set(index, '');
  }

  wants(index) {
    return this.#texts.has(index);
  }

  name(index, text) {
    this.#texts.set(index, text);
  }

  textOf(index) {
    return this.#texts.get(index);
  }

  /** Nobody asks for the largest here. */
  top() {
    return [];
  }
}

/** Reads the nodes, and is told the names of their classes by the table of strings. */
class MarkedNodes extends IntegerRows {
  #layout;
  #ids;
  #groupOf;
  /** Class and size as one number -> group. */
  #known = new Map();
  /** Class of each group: a string index, or -1 - type. */
  #classes = [];
  #sizes = [];
  #names = new ClassNames();

  /** See `NodeRows` of graph-rows.js. */
  constructor(layout) {
    super({ name: 'nodes', fieldCount: layout.node.count, out: null });
    if (layout.node.id < 0) throw invalidSnapshot('its nodes have no ids', 0);
    this.#layout = layout;
    this.#ids = new Uint32Array(layout.nodeCount);
    this.#groupOf = new Uint32Array(layout.nodeCount);
    this.objectType = layout.nodeTypes.indexOf('object');
    this.node = layout.node;
    /** The table of strings asks it for what it wants. */
    this.census = this.#names;
  }

  onRow(row) {
    const { type, name, id, selfSize } = this.node;
    const at = this.count - 1;
    this.#ids[at] = row[id];
    const isObject = row[type] === this.objectType;
    this.#groupOf[at] = this.#group(isObject ? row[name] : -1 - row[type], row[selfSize]);
  }

  #group(kind, size) {
    // Types are negative and few: no two pairs have one key.
    const key = (kind + 64) * MOST_SIZE + Math.min(size, MOST_SIZE - 1);
    let group = this.#known.get(key);
    if (group === undefined || this.#sizes[group] !== size) {
      group = this.#classes.length;
      this.#known.set(key, group);
      this.#classes.push(kind);
      this.#sizes.push(size);
      if (kind >= 0) this.#names.want(kind);
    }
    return group;
  }

  check(offset) {
    const { nodeCount } = this.#layout;
    if (this.count === nodeCount) return;
    throw invalidSnapshot(`it claims ${nodeCount} nodes and has ${this.count}`, offset);
  }

  /**
   * After the last string.
   *
   * @returns {{ nodes: number, bytes: number, ids: Uint32Array, groupOf: Uint32Array,
   *   groups: { what: string|null, isObject: boolean, size: number }[] }} `what` is null where memwatch names none
   */
  sorted() {
    const groups = this.#sizes.map((size, group) => ({
      what: this.#what(group),
      isObject: this.#classes[group] >= 0,
      size,
    }));
    const { ids, groupOf, bytes } = this.#withoutOwn(groups);
    sortByKey(ids, groupOf);
    return { nodes: this.count, bytes, ids, groupOf, groups };
  }

  #what(group) {
    const kind = this.#classes[group];
    if (kind >= 0) return this.#names.textOf(kind);
    return NAMES[this.#layout.nodeTypes[-1 - kind]] ?? null;
  }

  #withoutOwn(groups) {
    const own = groups.map(({ what, isObject }) => what === OWN && isObject);
    let count = 0;
    let bytes = 0;
    for (let at = 0; at < this.count; at++) {
      const group = this.#groupOf[at];
      if (own[group]) continue;
      bytes += groups[group].size;
      this.#ids[count] = this.#ids[at];
      this.#groupOf[count++] = group;
    }
    return { ids: this.#ids.subarray(0, count), groupOf: this.#groupOf.subarray(0, count), bytes };
  }
}

/** The edges, of which nothing is wanted: there are no brackets between them. */
class SkimmedEdges {
  done = false;

  /** See {@link IntegerRows#read}. */
  read(buffer, start, end) {
    const close = buffer.indexOf(CLOSE, start);
    if (close < 0 || close >= end) return end;
    this.done = true;
    return close + 1;
  }
}

module.exports = { MarkedNodes, SkimmedEdges };
