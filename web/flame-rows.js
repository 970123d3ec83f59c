'use strict';

/**
 * What is drawn: rectangles row by row, from left to right, in pixels.
 *
 * @module
 */

/** What is narrower, in pixels, is not drawn by itself. */
const LEAST_WIDTH = 0.5;

class Rows {
  /** Of each row: edges in pixels, whose it is, how many more it stands for. */
  list = [];

  /** @param {number} more siblings that are too narrow and drawn as one with it; `id` is the widest */
  add(row, left, right, id, more = 0) {
    while (this.list.length <= row) this.list.push({ left: [], right: [], id: [], more: [] });
    const columns = this.list[row];
    columns.left.push(left);
    columns.right.push(right);
    columns.id.push(id);
    columns.more.push(more);
  }

  get count() {
    return this.list.length;
  }

  /** The rectangle at a place, or undefined. */
  at(row, x) {
    const columns = this.list[row];
    if (!columns) return undefined;
    let [low, high] = [0, columns.left.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (columns.left[middle] <= x) low = middle + 1;
      else high = middle;
    }
    const place = low - 1;
    return place >= 0 && x <= columns.right[place] ? this.get(row, place) : undefined;
  }

  get(row, place) {
    const columns = this.list[row];
    if (!columns || place < 0 || place >= columns.left.length) return undefined;
    const [left, right] = [columns.left[place], columns.right[place]];
    return { row, place, left, right, id: columns.id[place], more: columns.more[place] };
  }

  /** The widest rectangle of a row between two places, or undefined. */
  widest(row, left, right) {
    const columns = this.list[row];
    let best;
    for (let place = 0; place < (columns?.left.length ?? 0); place++) {
      const isBetween = columns.left[place] < right && columns.right[place] > left;
      const width = columns.right[place] - columns.left[place];
      if (isBetween && !(best && best.right - best.left >= width)) best = this.get(row, place);
    }
    return best;
  }
}

module.exports = { LEAST_WIDTH, Rows };
