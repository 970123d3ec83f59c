'use strict';

/**
 * Which functions weigh most by themselves, whatever called them.
 *
 * @module
 */

/** Functions in a report. */
const TOP = 20;

class FunctionWeights {
  #functions = new Map();
  /** Sum of all weights. */
  total = 0;

  /**
   * @param {object} frame see {@link import('./call-frame.js').callFrame}
   * @param {number} weight hits or bytes
   */
  add(frame, weight) {
    if (weight === 0) return;
    this.total += weight;
    const functionName = frame.functionName || '(anonymous)';
    const key = `${functionName}\n${frame.url}\n${frame.lineNumber}\n${frame.columnNumber}`;
    const known = this.#functions.get(key);
    if (known) known.weight += weight;
    else
      this.#functions.set(key, {
        functionName,
        url: frame.url,
        lineNumber: frame.lineNumber + 1,
        weight,
      });
  }

  /** @returns {{ functionName: string, url: string, lineNumber: number, weight: number }[]} heaviest first */
  top() {
    return [...this.#functions.values()].sort(byWeight).slice(0, TOP);
  }
}

/** Equal weights by name, so that the order is stable. */
function byWeight(a, b) {
  return (
    b.weight - a.weight ||
    compare(a.functionName, b.functionName) ||
    compare(a.url, b.url) ||
    a.lineNumber - b.lineNumber
  );
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

module.exports = { FunctionWeights, TOP };
