'use strict';

/**
 * A heap snapshot in typed arrays, outside the heap of JavaScript; see native-graph.js for what it answers.
 *
 * 21 bytes for a node, 9 for an edge, the strings as V8 wrote them, and V8's text compressed: it is given
 * back byte by byte.
 *
 * @module
 */

const { GraphColumns } = require('./graph-columns.js');
const { PackedText } = require('./packed-text.js');

/** Entries from which on dead ones are looked for. */
const LEAST_SWEPT = 4096;

class InspectorGraph {
  #columns = new GraphColumns();
  #text = new PackedText();
  /** Places by id, made when one is first looked up. */
  #places;
  #objects = new Map();
  #sweepAt = LEAST_SWEPT;

  nodeCount = 0;
  maxObjectId = 0;

  /** @param {Buffer} bytes of V8's text */
  write(bytes) {
    this.#columns.write(bytes);
    this.#text.write(bytes);
  }

  /** @throws {import('../../errors.js').RsprofError} `ERR_RSPROF_INVALID_SNAPSHOT` where it is not whole */
  finish() {
    this.#columns.finish();
    this.#text.finish();
    this.nodeCount = this.#columns.nodeCount;
    this.maxObjectId = this.#columns.maxObjectId();
  }

  get isOpen() {
    return this.#columns !== undefined;
  }

  node(place) {
    return this.#columns?.node(place) ?? null;
  }

  edges(place) {
    return this.#columns?.edges(place) ?? [];
  }

  placeOf(id) {
    if (!this.#columns) return -1;
    this.#places ??= this.#columns.placesById();
    return this.#places.get(id) ?? -1;
  }

  object(number) {
    return this.#objects.get(number)?.deref();
  }

  setObject(number, object) {
    if (this.#objects.size >= this.#sweepAt) this.#sweep();
    this.#objects.set(number, new WeakRef(object));
  }

  /** Half of the entries may be dead before it is done again, so an entry costs the same however many. */
  #sweep() {
    for (const [number, reference] of this.#objects) {
      if (!reference.deref()) this.#objects.delete(number);
    }
    this.#sweepAt = Math.max(LEAST_SWEPT, this.#objects.size * 2);
  }

  serialize(chunkBytes, take) {
    return this.#text ? this.#text.read(chunkBytes, take) : false;
  }

  release() {
    this.#columns = undefined;
    this.#text = undefined;
    this.#places = undefined;
    this.#objects.clear();
  }
}

module.exports = { InspectorGraph };
