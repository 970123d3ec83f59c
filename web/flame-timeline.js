'use strict';

/**
 * Samples in time. Neighbours that share the upper part of their stacks share its rectangles; while V8
 * collected garbage the stack that it interrupted goes on below.
 *
 * @module
 */

const { IDLE } = require('./flame-profile.js');
const { LEAST_WIDTH, Rows } = require('./flame-rows.js');

/** What a run is for the eye: nothing, rest, work. Rest never hides work. */
const [HIDDEN, REST, WORK] = [0, 1, 2];

class Timeline {
  /** Neighbours with the same stack are one run: its node, the node whose stack is drawn, when it ends. */
  node;
  base;
  until;
  #kind;
  end = 0;
  count = 0;
  /** The run that each column of the last layout shows, -1 for none. */
  #columns = new Int32Array(0);

  /** @param {Profile} profile with samples */
  constructor(profile, { showIdle }) {
    this.profile = profile;
    const { node, delta } = profile.samples;
    this.node = new Int32Array(node.length);
    this.base = new Int32Array(node.length);
    this.until = new Float64Array(node.length);
    this.#kind = new Uint8Array(node.length);
    const { isRest, isCollector } = kindsOf(profile);
    let base = 0;
    for (let at = 0; at < node.length; at++) {
      if (!(delta[at] > 0)) continue;
      const fn = profile.functionOf[node[at]];
      if (!isCollector[fn]) base = node[at];
      const isAlone = isRest[profile.functionOf[base]] === 1;
      this.end += delta[at];
      this.#add(node[at], isAlone ? node[at] : base);
      this.#kind[this.count - 1] = isRest[fn] === 0 ? WORK : showIdle ? REST : HIDDEN;
    }
  }

  #add(node, base) {
    const last = this.count - 1;
    if (last < 0 || this.node[last] !== node || this.base[last] !== base) this.count++;
    this.node[this.count - 1] = node;
    this.base[this.count - 1] = base;
    this.until[this.count - 1] = this.end;
  }

  startOf(run) {
    return run > 0 ? this.until[run - 1] : 0;
  }

  /** The run at a time. */
  #runAt(time) {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.until[middle] <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * What can be seen: each column as narrow as a rectangle may be, showing the run that fills most of it.
   * Busy ones win, so that short work between long rests is there.
   */
  layout(from, to, width) {
    const rows = new Rows();
    const count = Math.ceil(width / LEAST_WIDTH);
    const scale = count / (to - from);
    this.#columns = new Int32Array(Number.isFinite(scale) && scale > 0 ? count : 0).fill(-1);
    if (this.#columns.length > 0 && this.count > 0) {
      this.#fillColumns(from, scale);
      this.#drawColumns(rows);
    }
    return rows;
  }

  #fillColumns(from, scale) {
    const columns = this.#columns;
    const best = new Float64Array(columns.length);
    let left = 0;
    for (let run = this.#runAt(from); run < this.count && left < columns.length; run++) {
      const start = left;
      left = Math.min(columns.length, (this.until[run] - from) * scale);
      const kind = this.#kind[run];
      if (kind === HIDDEN) continue;
      for (let column = Math.floor(start); column < left; column++) {
        const share = Math.min(left, column + 1) - Math.max(start, column) + kind;
        if (share > best[column]) {
          best[column] = share;
          columns[column] = run;
        }
      }
    }
  }

  /** Opens and closes rectangles from column to column. */
  #drawColumns(rows) {
    const stack = new OpenStack(this.profile, rows);
    let before = -1;
    this.#columns.forEach((run, column) => {
      if (run === before) return;
      before = run;
      stack.turnTo(
        run < 0 ? 0 : this.base[run],
        run < 0 ? 0 : this.node[run],
        column * LEAST_WIDTH,
      );
    });
    stack.turnTo(0, 0, this.#columns.length * LEAST_WIDTH);
  }

  /** From when to when the frame of a rectangle was on the stack without a break. */
  extent({ id, left, right }) {
    const middle = Math.floor((left + right) / 2 / LEAST_WIDTH);
    const { end } = this.profile;
    const isOn = (run) =>
      this.node[run] === id || (this.base[run] >= id && this.base[run] < end[id]);
    let first = this.#columns[middle] ?? -1;
    if (first < 0 || !isOn(first)) return { from: 0, to: 0 };
    let last = first;
    while (first > 0 && isOn(first - 1)) first--;
    while (last + 1 < this.count && isOn(last + 1)) last++;
    return { from: this.startOf(first), to: this.until[last] };
  }
}

/** Of each function, 1 where it is rest, and where V8 collects garbage. */
function kindsOf({ functions }) {
  const isOne = (test) => Uint8Array.from(functions.category, (one) => (test(one) ? 1 : 0));
  return {
    isRest: isOne((category) => IDLE.has(category)),
    isCollector: isOne((category) => category === 'garbageCollector'),
  };
}

/** The rectangles that are open while one goes through time. Row 0 is of those below the root. */
class OpenStack {
  #base = 0;
  #from = [];
  #top = { node: 0, from: 0 };

  constructor(profile, rows) {
    this.profile = profile;
    this.rows = rows;
  }

  /** The stack is that of `base` from `x` on, with `node` on top where it is another. */
  turnTo(base, node, x) {
    const { parent, depth } = this.profile;
    this.#closeTop(x);
    // Depth first, a node has a higher number than those above it: the common one is found by climbing.
    const opened = [];
    let [old, now] = [this.#base, base];
    while (old !== now) {
      if (old > now) {
        this.rows.add(depth[old] - 1, this.#from[depth[old]], x, old);
        old = parent[old];
      } else {
        opened.push(now);
        now = parent[now];
      }
    }
    for (const one of opened) this.#from[depth[one]] = x;
    this.#base = base;
    this.#top = { node: node === base ? 0 : node, from: x };
  }

  #closeTop(x) {
    const { node, from } = this.#top;
    if (node !== 0) this.rows.add(this.profile.depth[this.#base], from, x, node);
  }
}

module.exports = { Timeline };
