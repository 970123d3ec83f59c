'use strict';

/**
 * An allocation profile of V8 or Node as a `.heapprofile`: `HeapProfiler.SamplingHeapProfile` of the
 * DevTools protocol, without single samples (the tree has their sums).
 *
 * @module
 */

const { callFrame } = require('./call-frame.js');
const { FunctionWeights } = require('./top-functions.js');

class HeapProfile {
  #head;
  #nodeCount = 0;
  #weights = new FunctionWeights();

  /** @param {{ head: object }} profile in the protocol's shape */
  constructor({ head }) {
    this.#head = head;
  }

  /** Without recursion: stacks may be deep. @param {import('./json-writer.js').JsonWriter} json */
  async write(json) {
    await json.write(`{"head":${this.#open(this.#head)}`);
    const path = [{ node: this.#head, next: 0 }];
    while (path.length > 0) {
      const waiting = json.write(this.#step(path));
      if (waiting) await waiting;
    }
    await json.write(',"samples":[]}');
    await json.flush();
  }

  /** The text of the next child on `path`, or of the end of its last node. */
  #step(path) {
    const last = path[path.length - 1];
    const child = last.node.children[last.next];
    if (!child) {
      path.pop();
      return ']}';
    }
    const comma = last.next++ > 0 ? ',' : '';
    path.push({ node: child, next: 0 });
    return comma + this.#open(child);
  }

  #open(node) {
    const frame = callFrame(node.callFrame);
    this.#nodeCount++;
    this.#weights.add(frame, node.selfSize);
    return `{"callFrame":${JSON.stringify(frame)},"selfSize":${node.selfSize},"id":${node.id},"children":[`;
  }

  /** Valid once it was written. */
  figures() {
    const totalBytes = this.#weights.total;
    const topFunctions = this.#weights.top().map(({ weight, ...place }) => ({
      ...place,
      bytes: weight,
      share: weight / totalBytes,
    }));
    return { nodeCount: this.#nodeCount, totalBytes, topFunctions };
  }
}

module.exports = { HeapProfile };
