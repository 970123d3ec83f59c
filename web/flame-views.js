'use strict';

/**
 * The ways to look at a profile, all of them alike to who draws them:
 *
 * - `extent`: the weight between the edges when nothing is zoomed
 * - `layout(from, to, width)`: rows of rectangles
 * - `entry(rectangle)`: `{ fn, weight, self, from, to }`, what a rectangle is and where it begins and ends
 * - `crumbs(from, to)`: what one is inside of, from all to the closest, as `{ label, from, to }`
 * - `functionOf(row, id)`: of a rectangle
 *
 * @module
 */

const { CallTree } = require('./flame-tree.js');
const { Timeline } = require('./flame-timeline.js');

class TreeView {
  constructor(profile, weights, { direction, firstStep }) {
    this.tree = new CallTree(profile, weights, { direction, firstStep, seeds: [0] });
    this.extent = this.tree.weight[0];
  }

  layout(from, to, width) {
    return this.tree.layout(from, to, width);
  }

  functionOf(_, id) {
    return this.tree.fn[id];
  }

  entry({ id, more }) {
    return entryOf(this.tree, id, more);
  }

  rowOf(id) {
    return this.tree.depth[id];
  }

  /** `focus` is the rectangle that was zoomed into, as long as it fills the width. */
  crumbs(from, to, focus) {
    const { tree } = this;
    const isFocus =
      focus !== undefined && tree.start[focus.id] === from && tree.weight[focus.id] === to - from;
    const isAll = from <= 0 && to >= this.extent;
    const path = tree.path(isFocus ? focus.id : isAll ? 0 : tree.enclosing(from, to));
    return path.map((id) => ({ fn: id === 0 ? -1 : tree.fn[id], ...rangeOf(tree, id), id }));
  }
}

function rangeOf(tree, id) {
  return { from: tree.start[id], to: tree.start[id] + tree.weight[id] };
}

function entryOf(tree, id, more) {
  const entry = { fn: tree.fn[id], weight: tree.weight[id], self: tree.self[id], more };
  if (more === 0) return { ...entry, ...rangeOf(tree, id) };
  const last = id + more;
  const to = tree.start[last] + tree.weight[last];
  return { ...entry, weight: to - tree.start[id], from: tree.start[id], to };
}

class TimeView {
  isTime = true;

  constructor(profile, how) {
    this.profile = profile;
    this.timeline = new Timeline(profile, how);
    this.extent = this.timeline.end;
  }

  layout(from, to, width) {
    return this.timeline.layout(from, to, width);
  }

  functionOf(_, id) {
    return this.profile.functionOf[id];
  }

  entry(rectangle) {
    const { from, to } = this.timeline.extent(rectangle);
    return { fn: this.profile.functionOf[rectangle.id], weight: to - from, from, to, more: 0 };
  }

  crumbs(from, to) {
    const all = { fn: -1, from: 0, to: this.extent };
    return from <= 0 && to >= this.extent ? [all] : [all, { fn: -1, from, to }];
  }
}

/** One function: above it who calls it, below it what it calls. */
class SandwichView {
  isSandwich = true;
  #middle = 0;

  constructor(profile, weights, fn) {
    this.fn = fn;
    const seeds = profile.outermost().filter((node) => profile.functionOf[node] === fn);
    this.callers = new CallTree(profile, weights, { direction: 'callers', seeds });
    this.callees = new CallTree(profile, weights, { direction: 'callees', seeds });
    this.extent = this.callees.weight[0];
  }

  layout(from, to, width) {
    const above = this.callers.layout(from, to, width).list;
    const rows = this.callees.layout(from, to, width);
    this.#middle = Math.max(0, above.length - 1);
    rows.list.unshift(...above.slice(1).reverse());
    return rows;
  }

  /** The row of the function itself. */
  get middle() {
    return this.#middle;
  }

  #treeOf(row) {
    return row < this.#middle ? this.callers : this.callees;
  }

  functionOf(row, id) {
    return this.#treeOf(row).fn[id];
  }

  entry({ row, id, more }) {
    return entryOf(this.#treeOf(row), id, more);
  }

  crumbs() {
    return [{ fn: -1, from: 0, to: this.extent }];
  }
}

/**
 * @param {'leftHeavy'|'timeOrder'|'bottomUp'|'sandwich'} name
 * @param {object} of `{ profile, weights, showIdle, fn }`
 */
function makeView(name, { profile, weights, showIdle, fn }) {
  if (name === 'timeOrder') return new TimeView(profile, { showIdle });
  if (name === 'sandwich') return new SandwichView(profile, weights, fn);
  if (name === 'bottomUp')
    return new TreeView(profile, weights, { direction: 'callers', firstStep: 'everyone' });
  return new TreeView(profile, weights, { direction: 'callees' });
}

module.exports = { makeView };
