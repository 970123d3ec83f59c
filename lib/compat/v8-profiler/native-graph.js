'use strict';

/**
 * A heap snapshot that stays in V8's memory.
 *
 * A graph is `{ isOpen, nodeCount, maxObjectId, node(place), placeOf(id), edges(place), object(number),
 * setObject(number, object), serialize(chunkBytes, take), release() }`: a node is `[kind, name, id, size]` or
 * null, edges are flat `kind, name, place`, kinds are V8's numbers. `take(text, length)` answers whether it
 * wants more. `object()` gives back what `setObject()` was given, as long as somebody else has it. What is
 * not open, since it was released or is being serialised, has no nodes.
 *
 * @module
 */

/** Makes pieces of one size: those of V8 14 may be smaller than what was asked for. */
class Pieces {
  #size;
  #take;
  #pending = '';

  constructor(size, take) {
    this.#size = size;
    this.#take = take;
  }

  /** @returns {boolean} whether more is wanted */
  add(text) {
    this.#pending += text;
    while (this.#pending.length >= this.#size) {
      const piece = this.#pending.slice(0, this.#size);
      this.#pending = this.#pending.slice(this.#size);
      if (!this.#take(piece, piece.length)) return false;
    }
    return true;
  }

  /** The last one. */
  end() {
    return this.#pending === '' || this.#take(this.#pending, this.#pending.length);
  }
}

class NativeGraph {
  #native;
  #isReleased = false;
  #isSerializing = false;

  /** @param {object} native GraphSnapshot of the addon */
  constructor(native) {
    this.#native = native;
    this.nodeCount = native.nodeCount;
    this.maxObjectId = native.maxObjectId;
  }

  get isOpen() {
    return !this.#isReleased && !this.#isSerializing;
  }

  node(place) {
    return this.#native.node(place);
  }

  placeOf(id) {
    return this.#native.placeOf(id);
  }

  edges(place) {
    return this.#native.edges(place);
  }

  object(number) {
    return this.#native.object(number);
  }

  setObject(number, object) {
    this.#native.setObject(number, object);
  }

  /** V8 calls in the middle of its own work: what is thrown waits until it has ended. */
  serialize(chunkBytes, take) {
    const pieces = new Pieces(chunkBytes, take);
    let failure;
    const add = (text) => {
      try {
        return pieces.add(text);
      } catch (error) {
        failure = { error };
        return false;
      }
    };
    const complete = this.#alone(() => this.#native.serialize(chunkBytes, add));
    if (failure) throw failure.error;
    return complete && pieces.end();
  }

  #alone(work) {
    this.#isSerializing = true;
    try {
      return work();
    } finally {
      this.#isSerializing = false;
    }
  }

  release() {
    this.#isReleased = true;
    this.#native.release();
  }
}

module.exports = { NativeGraph };
