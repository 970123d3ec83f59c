'use strict';

/**
 * The graph by keyboard.
 *
 * @module
 */

/** How much closer or wider a key zooms. */
const FACTOR = 1.5;

/** Of the width, how far a key moves. */
const PART = 80;

const KEYS = {
  ArrowUp: (chart) => step(chart, -1),
  ArrowDown: (chart) => step(chart, 1),
  ArrowLeft: (chart) => beside(chart, -1),
  ArrowRight: (chart) => beside(chart, 1),
  Enter: (chart) => activate(chart),
  ' ': (chart) => activate(chart),
  Backspace: (chart) => chart.on.outwards(),
  Home: (chart) => chart.reset(),
  0: (chart) => chart.reset(),
  '+': (chart) => chart.zoomBy(1 / FACTOR),
  '=': (chart) => chart.zoomBy(1 / FACTOR),
  '-': (chart) => chart.zoomBy(FACTOR),
  a: (chart) => chart.pan(-PART),
  d: (chart) => chart.pan(PART),
  Escape: (chart) => chart.on.escape(),
};

/** Up to who is above, down to the widest below. */
function step(chart, by) {
  const now = chart.selected();
  if (!now) return begin(chart);
  const next = chart.rows.widest(now.row + by, now.left, now.right);
  if (next) chart.select(next);
}

function beside(chart, by) {
  const now = chart.selected();
  if (!now) return begin(chart);
  const next = chart.rows.get(now.row, now.place + by);
  if (next) chart.select(next);
}

function begin(chart) {
  const first = chart.rows.widest(0, -Infinity, Infinity);
  if (first) chart.select(first);
}

function activate(chart) {
  const now = chart.selected();
  if (now) chart.on.activate(now);
}

class Keyboard {
  constructor(chart, signal) {
    const press = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const action = KEYS[event.key];
      if (!action) return;
      event.preventDefault();
      action(chart);
    };
    chart.canvas.addEventListener('keydown', press, { signal });
  }
}

module.exports = { Keyboard };
