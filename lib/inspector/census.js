'use strict';

/**
 * Counts and own sizes by class, while the nodes of a snapshot pass by.
 *
 * Names stand at the end of the snapshot: until then a class is a string index. Memory: 16 bytes and
 * a map entry for each class, and the names of the few that can be among the first.
 *
 * @module
 */

/** Classes in a report. */
const TOP = 20;

/** Characters of a name in a report. */
const NAME_CHARS = 200;

const LONE_SURROGATES = /\p{Surrogate}/gu;

/** Node types that have one class for all their nodes. */
const FIXED = Object.freeze({
  closure: 'Function',
  code: '(compiled code)',
  string: '(string)',
  'concatenated string': '(string)',
  'sliced string': '(string)',
  array: '(array)',
  hidden: '(system)',
  regexp: 'RegExp',
  number: '(number)',
});

/** Node types whose nodes carry the name of their class. */
const NAMED = new Set(['object', 'native']);

/** The class of all nodes of a type, or null where each node names its own. */
function classOfType(type) {
  return NAMED.has(type) ? null : (FIXED[type] ?? `(${type})`);
}

/** Growing columns of counts and sizes. */
class Tally {
  counts = new Float64Array(256);
  sizes = new Float64Array(256);
  length = 0;

  /** @returns {number} a new row of zeros */
  row() {
    if (this.length === this.counts.length) {
      this.counts = grown(this.counts);
      this.sizes = grown(this.sizes);
    }
    return this.length++;
  }

  add(row, size) {
    this.counts[row]++;
    this.sizes[row] += size;
  }
}

function grown(column) {
  const twice = new Float64Array(column.length * 2);
  twice.set(column);
  return twice;
}

/** Largest size first; equal sizes by count, then by name, so that the order is stable. */
function bySize(a, b) {
  return b.selfSize - a.selfSize || b.count - a.count || (a.name < b.name ? -1 : 1);
}

class Census {
  #tally = new Tally();
  /** Row of each node type with one class; -1 where nodes name theirs. */
  #rowOfType;
  /** Row -> class, for the rows above. */
  #fixed = new Map();
  /** String index of a class -> row. */
  #rowOfName = new Map();
  /** String indices whose text is wanted -> text. */
  #names = new Map();

  /** @param {string[]} nodeTypes the snapshot's, by number */
  constructor(nodeTypes) {
    const rowOfClass = new Map();
    this.#rowOfType = nodeTypes.map((type) => this.#rowOfFixed(classOfType(type), rowOfClass));
  }

  #rowOfFixed(name, rowOfClass) {
    if (name === null) return -1;
    if (!rowOfClass.has(name)) {
      const row = this.#tally.row();
      rowOfClass.set(name, row);
      this.#fixed.set(row, name);
    }
    return rowOfClass.get(name);
  }

  /**
   * @param {number} type index into the node types
   * @param {number} name string index
   * @param {number} size in bytes
   */
  add(type, name, size) {
    const row = this.#rowOfType[type];
    this.#tally.add(row < 0 ? this.#rowOf(name) : row, size);
  }

  #rowOf(name) {
    let row = this.#rowOfName.get(name);
    if (row === undefined) {
      row = this.#tally.row();
      this.#rowOfName.set(name, row);
    }
    return row;
  }

  /** All nodes passed: settles whose names are wanted. */
  close() {
    const { sizes, counts } = this.#tally;
    const rows = [...this.#rowOfName].sort(
      (a, b) => sizes[b[1]] - sizes[a[1]] || counts[b[1]] - counts[a[1]],
    );
    const last = rows[Math.min(TOP, rows.length) - 1];
    for (const [index, row] of rows) {
      // Equal ones compete by name.
      if (sizes[row] < sizes[last[1]]) break;
      this.#names.set(index, '');
    }
  }

  /** Whether string `index` names a class: its text then goes to {@link Census#name}. */
  wants(index) {
    return this.#rowOfName.has(index);
  }

  /** Keeps `text` where it can be in the report: among the first, or one with a fixed class. */
  name(index, text) {
    if (this.#names.has(index) || this.#isFixed(text)) this.#names.set(index, shown(text));
  }

  #isFixed(text) {
    for (const name of this.#fixed.values()) if (name === text) return true;
    return false;
  }

  /** @returns {{ name: string, count: number, selfSize: number }[]} the largest, by own size */
  top() {
    const fixed = new Map();
    for (const [row, name] of this.#fixed) fixed.set(name, this.#entry(name, row));
    const classes = [...fixed.values()];
    for (const [index, name] of this.#names) {
      const entry = this.#entry(name, this.#rowOfName.get(index));
      const joined = fixed.get(name);
      if (joined) join(joined, entry);
      else classes.push(entry);
    }
    return classes
      .filter((entry) => entry.count > 0)
      .sort(bySize)
      .slice(0, TOP);
  }

  #entry(name, row) {
    return { name, count: this.#tally.counts[row], selfSize: this.#tally.sizes[row] };
  }
}

function join(entry, other) {
  entry.count += other.count;
  entry.selfSize += other.selfSize;
}

/** A name for a report: V8 writes some astral characters as lone surrogates. */
function shown(text) {
  const cut = text.length > NAME_CHARS ? [...text].slice(0, NAME_CHARS).join('') : text;
  return cut.replace(LONE_SURROGATES, '\ufffd');
}

module.exports = { Census, TOP };
