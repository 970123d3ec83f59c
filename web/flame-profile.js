'use strict';

/**
 * A profile in columns: the call tree, depth first, each function once below each caller.
 *
 * @module
 */

const VERSION = 1;

/** Categories whose own time is none in which something was done. */
const IDLE = new Set(['root', 'idle']);

/** What a file is missing is as empty as this. */
const NOTHING = Object.freeze({
  functions: {
    name: ['(root)'],
    url: [''],
    line: [0],
    column: [0],
    category: ['root'],
    package: [-1],
  },
  nodes: { function: [0], parent: [-1], self: [0] },
});

class Profile {
  /** @param {object} data as it was exported; throws where it is something else */
  constructor(data) {
    if (data?.version !== VERSION)
      throw new Error(`expected data of version ${VERSION}, found ${data?.version}`);
    const { functions, nodes } = data.nodes.function.length > 0 ? data : NOTHING;
    check(functions, nodes);
    this.title = data.title;
    this.kind = data.kind;
    this.unit = data.unit;
    this.packages = data.packages;
    this.functions = functions;
    const tree = mergeNodes(nodes);
    this.functionOf = tree.functionOf;
    this.parent = tree.parent;
    this.end = tree.end;
    this.depth = tree.depth;
    this.self = tree.self;
    this.samples = data.samples && {
      node: Int32Array.from(data.samples.node, (node) => tree.mergedOf[node] ?? 0),
      delta: data.samples.delta,
    };
  }

  get nodeCount() {
    return this.parent.length;
  }

  get functionCount() {
    return this.functions.name.length;
  }

  isIdle(fn) {
    return IDLE.has(this.functions.category[fn]);
  }

  /** What nodes and functions weigh. */
  weigh(showIdle) {
    const self = this.self.map((own, node) =>
      !showIdle && this.isIdle(this.functionOf[node]) ? 0 : own,
    );
    const total = Float64Array.from(self);
    for (let node = this.nodeCount - 1; node > 0; node--) total[this.parent[node]] += total[node];
    return { self, total, sum: total[0], ...this.#functionWeights(self, total) };
  }

  /** A function's total counts each sample once, however often the function is on its stack. */
  #functionWeights(self, total) {
    const functionSelf = new Float64Array(this.functionCount);
    const functionTotal = new Float64Array(this.functionCount);
    for (let node = 0; node < this.nodeCount; node++)
      functionSelf[this.functionOf[node]] += self[node];
    for (const node of this.outermost()) functionTotal[this.functionOf[node]] += total[node];
    return { functionSelf, functionTotal };
  }

  /** The nodes whose function is not on the stack above them too. */
  outermost() {
    this.#outermost ??= outermostNodes(this);
    return this.#outermost;
  }

  #outermost;

  /** The weight of all samples that have a function of `matches` on their stack, each counted once. */
  weightOf(matches, weights) {
    let sum = 0;
    for (let node = 0; node < this.nodeCount; ) {
      const isMatch = matches[this.functionOf[node]] === 1;
      if (isMatch) sum += weights.total[node];
      node = isMatch ? this.end[node] : node + 1;
    }
    return sum;
  }
}

function check(functions, nodes) {
  const count = functions.name.length;
  for (let node = 0; node < nodes.function.length; node++) {
    const parent = nodes.parent[node];
    const isRoot = node === 0 && parent === -1;
    const isRight = (isRoot || (parent >= 0 && parent < node)) && nodes.self[node] >= 0;
    if (!isRight || !(nodes.function[node] >= 0 && nodes.function[node] < count))
      throw new Error(`node ${node} of ${nodes.function.length} is damaged`);
  }
}

/** One node for each function below the same caller, numbered depth first. */
function mergeNodes(nodes) {
  const { first, next, keptOf, kept } = uniteSiblings(nodes);
  const count = kept.length;
  const tree = {
    functionOf: new Int32Array(count),
    parent: new Int32Array(count),
    depth: new Int32Array(count),
    end: new Int32Array(count),
    self: new Float64Array(count),
  };
  const numberOf = new Int32Array(count);
  let number = 0;
  for (let at = 0; at >= 0; number++) {
    const { fn, parent } = kept[at];
    numberOf[at] = number;
    tree.functionOf[number] = fn;
    tree.parent[number] = parent < 0 ? -1 : numberOf[parent];
    tree.depth[number] = parent < 0 ? 0 : tree.depth[numberOf[parent]] + 1;
    at = following(at, { first, next, kept });
  }
  tree.mergedOf = keptOf.map((at) => numberOf[at]);
  tree.mergedOf.forEach((node, raw) => {
    tree.self[node] += nodes.self[raw];
  });
  for (let node = count - 1; node >= 0; node--) {
    tree.end[node] = Math.max(tree.end[node], node + 1);
    if (node > 0)
      tree.end[tree.parent[node]] = Math.max(tree.end[tree.parent[node]], tree.end[node]);
  }
  return tree;
}

/** The nodes that stay, linked to their first child and next sibling. */
function uniteSiblings(nodes) {
  const count = nodes.function.length;
  const keptOf = new Int32Array(count);
  const kept = [];
  const seen = new Map();
  const most = nodes.function.reduce((max, fn) => Math.max(max, fn), 0) + 1;
  const [first, last, next] = [0, 1, 2].map(() => new Int32Array(count).fill(-1));
  for (let raw = 0; raw < count; raw++) {
    const fn = nodes.function[raw];
    const parent = raw === 0 ? -1 : keptOf[nodes.parent[raw]];
    const key = (parent + 1) * most + fn;
    let at = seen.get(key);
    if (at === undefined) {
      at = kept.push({ fn, parent }) - 1;
      seen.set(key, at);
      if (parent >= 0) {
        if (last[parent] < 0) first[parent] = at;
        else next[last[parent]] = at;
        last[parent] = at;
      }
    }
    keptOf[raw] = at;
  }
  return { first, next, keptOf, kept };
}

/** What comes after a node, depth first; -1 after the last. */
function following(node, { first, next, kept }) {
  if (first[node] >= 0) return first[node];
  let at = node;
  while (at >= 0 && next[at] < 0) at = kept[at].parent;
  return at < 0 ? -1 : next[at];
}

function outermostNodes({ nodeCount, functionCount, functionOf, parent }) {
  // How often each function is on the stack that leads to the node at hand.
  const onStack = new Int32Array(functionCount);
  const outermost = [];
  let leaf = -1;
  for (let node = 0; node < nodeCount; node++) {
    for (; leaf !== parent[node]; leaf = parent[leaf]) onStack[functionOf[leaf]]--;
    leaf = node;
    if (onStack[functionOf[node]]++ === 0) outermost.push(node);
  }
  return outermost;
}

module.exports = { IDLE, Profile };
