'use strict';

/**
 * What is asked of one generated line, answered while its segments go by.
 *
 * @module
 */

const { DamagedMap } = require('./damaged-map.js');

/** A copy of what a mapped segment says; null of one that is not mapped. */
const copyOf = (segments, section) =>
  segments.isMapped
    ? {
        section,
        source: segments.source,
        line: segments.line,
        column: segments.column,
        name: segments.isNamed ? segments.name : -1,
      }
    : null;

const isSameLine = (one, other) =>
  one.section === other.section && one.source === other.source && one.line === other.line;

class WantedLine {
  /** What all of the line's code is from; null where nothing is, or several lines are. */
  whole = null;
  #indent;
  #isMixed = false;
  #points = [];
  #answered = 0;
  #current = null;
  #column = -1;

  /** @param {number} indent before the first code: bundlers say of it that it is the line before */
  constructor(indent) {
    this.#indent = indent;
  }

  /**
   * @param {number} column from 0
   * @returns {{ column: number, found: object|null, isExact: boolean }} filled while the segments go by
   */
  addPoint(column) {
    const point = { column, found: null, isExact: false };
    this.#points.push(point);
    return point;
  }

  /** Before the first segment. */
  begin() {
    this.#points.sort((a, b) => a.column - b.column);
  }

  /**
   * @param {import('./segments.js').Segments} segments at the next one of this line
   * @param {number} column where it begins on the line, from 0
   * @param {object} section it belongs to
   * @throws {DamagedMap}
   */
  take(segments, column, section) {
    if (column < this.#column) throw new DamagedMap('its mappings are not in order');
    this.#answer(column);
    this.#column = column;
    this.#current = copyOf(segments, section);
    this.#takeWhole();
  }

  /** Behind the last segment. */
  end() {
    this.#answer(Infinity);
    if (this.#isMixed) this.whole = null;
  }

  /** Points before `column` lie in the segment before it. */
  #answer(column) {
    while (this.#points[this.#answered]?.column < column) {
      const point = this.#points[this.#answered++];
      point.found = this.#current;
      point.isExact = point.column === this.#column;
    }
  }

  #takeWhole() {
    const now = this.#current;
    if (this.#column <= this.#indent) this.whole = now;
    else if (now && this.whole && !isSameLine(now, this.whole)) this.#isMixed = true;
    else this.whole ??= now;
  }
}

module.exports = { WantedLine };
