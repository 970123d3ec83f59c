'use strict';

/**
 * A tree of calls, the heaviest first: callees below callers, or callers below callees. It grows only
 * where it is looked at, since a tree of callers can have a node for each frame of each stack.
 *
 * @module
 */

const { LEAST_WIDTH, Rows } = require('./flame-rows.js');

/** Steps from a node of the profile to those below it in the tree: `visit(node, weight, self)`. */
const STEPS = {
  callees({ end }, { total, self }, node, _, visit) {
    for (let child = node + 1; child < end[node]; child = end[child]) {
      if (total[child] > 0) visit(child, total[child], self[child]);
    }
  },
  callers({ parent }, _, node, weight, visit) {
    if (parent[node] > 0) visit(parent[node], weight, 0);
  },
  /** The first step of the tree that begins with whose own weight it is. */
  everyone({ nodeCount }, { self }, _node, _weight, visit) {
    for (let node = 1; node < nodeCount; node++) {
      if (self[node] > 0) visit(node, self[node], self[node]);
    }
  },
};

class CallTree {
  // In the order of their making; children stand side by side, the heaviest first.
  fn = [];
  weight = [];
  self = [];
  parent = [];
  depth = [];
  start = [];
  first = [];
  /** -1 until somebody looked. */
  count = [];
  /** The nodes of the profile that it stands for, with their weights, until somebody looked. */
  #members = [];

  /**
   * @param {Profile} profile
   * @param {object} weights of `profile.weigh()`
   * @param {object} what
   * @param {'callees'|'callers'} what.direction
   * @param {'everyone'} [what.firstStep]
   * @param {number[]} what.seeds nodes of one function, the root's
   */
  constructor(profile, weights, { direction, firstStep, seeds }) {
    this.profile = profile;
    this.weights = weights;
    this.step = STEPS[direction];
    this.firstStep = STEPS[firstStep ?? direction];
    const root = { fn: profile.functionOf[seeds[0]], weight: 0, self: 0, nodes: [], weights: [] };
    for (const node of seeds) {
      root.weight += weights.total[node];
      root.self += weights.self[node];
      root.nodes.push(node);
      root.weights.push(weights.total[node]);
    }
    this.#append(root, -1, 0);
  }

  #append(group, parent, start) {
    this.fn.push(group.fn);
    this.weight.push(group.weight);
    this.self.push(group.self);
    this.parent.push(parent);
    this.depth.push(parent < 0 ? 0 : this.depth[parent] + 1);
    this.start.push(start);
    this.first.push(-1);
    this.count.push(-1);
    this.#members.push(group);
  }

  /** Looks at what is below `id`. */
  expand(id) {
    if (this.count[id] >= 0) return;
    const groups = [...this.#groups(id).values()].sort(
      (a, b) => b.weight - a.weight || a.fn - b.fn,
    );
    this.#members[id] = undefined;
    this.first[id] = this.fn.length;
    this.count[id] = groups.length;
    let start = this.start[id];
    for (const group of groups) {
      this.#append(group, id, start);
      start += group.weight;
    }
  }

  #groups(id) {
    const { profile, weights } = this;
    const groups = new Map();
    const visit = (node, weight, self) => {
      const fn = profile.functionOf[node];
      let group = groups.get(fn);
      if (!group) {
        group = { fn, weight: 0, self: 0, nodes: [], weights: [] };
        groups.set(fn, group);
      }
      group.weight += weight;
      group.self += self;
      group.nodes.push(node);
      group.weights.push(weight);
    };
    const members = this.#members[id];
    const step = id === 0 ? this.firstStep : this.step;
    members.nodes.forEach((node, at) => {
      step(profile, weights, node, members.weights[at], visit);
    });
    return groups;
  }

  /**
   * What can be seen of it.
   *
   * @param {number} from weight at the left edge
   * @param {number} to weight at the right edge
   * @param {number} width pixels between them
   * @returns {Rows} by depth
   */
  layout(from, to, width) {
    const rows = new Rows();
    const scale = width / (to - from);
    if (!(scale > 0) || !Number.isFinite(scale)) return rows;
    const range = { from, to, scale, least: LEAST_WIDTH / scale };
    const place = (id, start, weight, more) =>
      rows.add(this.depth[id], (start - from) * scale, (start + weight - from) * scale, id, more);
    const stack = [{ id: 0, more: 0, weight: this.weight[0] }];
    while (stack.length > 0) {
      const { id, more, weight } = stack.pop();
      place(id, this.start[id], weight, more);
      if (more === 0) this.#pushChildren(id, range, stack);
    }
    return rows;
  }

  /** The last first, so that the first is drawn first; all that are too narrow become one. */
  #pushChildren(id, { from, to, least }, stack) {
    this.expand(id);
    const end = this.first[id] + this.count[id];
    const found = [];
    for (let child = this.#firstAfter(id, from); child < end; child++) {
      if (this.start[child] >= to) break;
      const weight = this.weight[child];
      if (weight < least) {
        const rest = this.start[end - 1] + this.weight[end - 1] - this.start[child];
        found.push({ id: child, more: end - child - 1, weight: rest });
        break;
      }
      found.push({ id: child, more: 0, weight });
    }
    while (found.length > 0) {
      const one = found.pop();
      if (one.weight >= least) stack.push(one);
    }
  }

  /** The first child that ends behind `from`. */
  #firstAfter(id, from) {
    let [low, high] = [this.first[id], this.first[id] + this.count[id]];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.start[middle] + this.weight[middle] <= from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** From the root to `id`. */
  path(id) {
    const path = [];
    for (let at = id; at >= 0; at = this.parent[at]) path.push(at);
    return path.reverse();
  }

  /** The deepest that fills all from `from` to `to`. */
  enclosing(from, to) {
    let id = 0;
    for (;;) {
      this.expand(id);
      const child = this.#firstAfter(id, from);
      const isBelow = child < this.first[id] + this.count[id];
      if (!isBelow || this.start[child] > from || this.start[child] + this.weight[child] < to)
        return id;
      id = child;
    }
  }
}

module.exports = { CallTree };
