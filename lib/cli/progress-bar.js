'use strict';

/**
 * One line on standard error that says how far it is; nothing where that is no terminal.
 *
 * @module
 */

const COLUMNS = 30;
const PHASE = 24;

/** Milliseconds between two drawings. */
const INTERVAL_MS = 60;

/** To the beginning of the line, and everything behind it away. */
const CLEAR = '\r\u001b[K';

/**
 * @param {NodeJS.WriteStream} stream
 * @param {NodeJS.ProcessEnv} env
 * @returns {boolean} whether a line may be drawn again and again
 */
function isLively(stream, env) {
  return Boolean(stream.isTTY) && env.TERM !== 'dumb' && !env.CI;
}

class ProgressBar {
  #stream;
  #style;
  #drawnAt = -Infinity;
  #shown = false;

  constructor(stream, style) {
    this.#stream = stream;
    this.#style = style;
  }

  /** @param {{ phase: string, percent: number }} progress */
  draw({ phase, percent }) {
    const now = performance.now();
    if (now - this.#drawnAt < INTERVAL_MS) return;
    this.#drawnAt = now;
    this.#shown = true;
    // Not loaded where nothing is drawn: a run in a script is over before they would be there.
    const { visible } = require('../escape.js');
    const { cut, padEnd } = require('./text/width.js');
    const { bar } = require('./text/page.js');
    const { full, rest } = bar(percent / 100, COLUMNS);
    const label = padEnd(cut(visible(phase), PHASE), PHASE);
    const figure = `${percent.toFixed(0).padStart(3)} %`;
    this.#stream.write(
      `${CLEAR}${label} ${this.#style.cyan(full)}${this.#style.dim(rest)} ${figure}`,
    );
  }

  clear() {
    if (this.#shown) this.#stream.write(CLEAR);
    this.#shown = false;
  }
}

module.exports = { ProgressBar, isLively };
