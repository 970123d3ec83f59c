'use strict';

/**
 * Which objects there are at one moment, in a few bytes each: what is left of a heap snapshot to tell later
 * what was allocated since, and what was freed.
 *
 * An object is its id, a class and a size. Ids are kept in order, as their distances; classes with
 * their size are numbered (a heap has some thousands of such groups). Everything lies in one buffer
 * outside of V8's heap, which the next snapshot shows as one node, left out by its size.
 *
 * @module
 */

const { eachPiece } = require('./snapshot-sync.js');
const { SkimmedEdges, MarkedNodes } = require('./marked-nodes.js');
const { SnapshotScanner } = require('./snapshot-scan.js');
const { VarintReader, VarintWriter } = require('./varints.js');

const ROWS = Object.freeze({ nodes: MarkedNodes, edges: SkimmedEdges });

/** Reads a snapshot of this thread; every object of it, ordered by id. */
function readNodes(tempDir) {
  const scanner = new SnapshotScanner({ rows: ROWS });
  eachPiece(tempDir, (bytes) => scanner.write(bytes));
  scanner.end();
  return scanner.nodes.sorted();
}

/** `{ ids, groups }` columns and the groups' names and sizes, in one buffer. */
function pack({ ids, groupOf, groups }) {
  const writer = new VarintWriter(ids.length * 3);
  let last = 0;
  for (let at = 0; at < ids.length; at++) {
    writer.write(ids[at] - last);
    writer.write(groupOf[at]);
    last = ids[at];
  }
  const names = Buffer.from(JSON.stringify(groups));
  const packed = Buffer.allocUnsafeSlow(writer.length + names.length);
  writer.copyTo(packed);
  names.copy(packed, writer.length);
  return { packed, split: writer.length };
}

class Changes {
  #byClass = new Map();
  freed = 0;
  allocated = 0;

  /** @param {{ what: string|null, size: number }} group of an object that is gone */
  free({ what, size }) {
    this.freed++;
    this.#note(what, -size, 0, 1);
  }

  /** @param {{ what: string|null, size: number }} group of a new object */
  allocate({ what, size }) {
    this.allocated++;
    this.#note(what, size, 1, 0);
  }

  #note(what, bytes, added, removed) {
    if (what === null) return;
    if (!this.#byClass.has(what)) this.#byClass.set(what, { what, bytes: 0, added: 0, removed: 0 });
    const change = this.#byClass.get(what);
    change.bytes += bytes;
    change.added += added;
    change.removed += removed;
  }

  list() {
    return [...this.#byClass.values()];
  }
}

class HeapMarks {
  #tempDir;
  #packed;
  #split;

  /** @param {string} tempDir where V8's own file goes, with as much room as a heap snapshot takes */
  constructor(tempDir) {
    this.#tempDir = tempDir;
    const found = readNodes(tempDir);
    const { packed, split } = pack(found);
    this.#packed = packed;
    this.#split = split;
    /** Nodes of the snapshot. */
    this.nodes = found.nodes;
    /** Sum of their sizes. */
    this.bytes = found.bytes;
  }

  /**
   * Takes another snapshot and tells the difference.
   *
   * @returns {{ nodes: number, bytes: number, freed: number, allocated: number,
   *   changes: { what: string, bytes: number, added: number, removed: number }[] }}
   */
  compare() {
    const packed = this.#packed;
    const now = readNodes(this.#tempDir);
    const changes = new Changes();
    const before = new VarintReader(packed, this.#split);
    const groups = JSON.parse(packed.toString('utf8', this.#split));
    const isOwn = ({ what, size }) => what === 'Native' && size === packed.length;
    let hidden = 0;
    const allocate = (group) => {
      if (hidden === 0 && isOwn(group)) hidden = group.size;
      else changes.allocate(group);
    };
    merge(before, groups, now, { free: (group) => changes.free(group), allocate });
    const { freed, allocated } = changes;
    const bytes = now.bytes - hidden;
    return { nodes: now.nodes, bytes, freed, allocated, changes: changes.list() };
  }
}

/**
 * Whether a node of one group cannot be what later is one of another. V8 gives an id to an address: what is
 * made where an object was freed, and never moved since, goes by its id.
 */
function cannotBecome(group, later) {
  return group.isObject !== later.isObject || (group.isObject && group.what !== later.what);
}

/** Walks both by id: what is in one of them only. */
function merge(before, oldGroups, now, { free, allocate }) {
  const { ids, groupOf, groups } = now;
  let at = 0;
  for (let id = 0; before.hasMore(); ) {
    id += before.read();
    const group = before.read();
    while (at < ids.length && ids[at] < id) allocate(groups[groupOf[at++]]);
    const made = at < ids.length && ids[at] === id ? groups[groupOf[at++]] : undefined;
    if (made && !cannotBecome(oldGroups[group], made)) continue;
    free(oldGroups[group]);
    if (made) allocate(made);
  }
  while (at < ids.length) allocate(groups[groupOf[at++]]);
}

module.exports = { HeapMarks };
