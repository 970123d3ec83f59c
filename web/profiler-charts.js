'use strict';

/**
 * The charts: what is in each, the window they show, and the crosshair they share.
 *
 * @module
 */

const { makeChart } = require('./profiler-chart.js');
const { element } = require('./dom.js');
const { choice, section } = require('./profiler-dom.js');
const { CHARTS, levelsOf } = require('./profiler-levels.js');
const { marksOf } = require('./profiler-marks.js');
const { attempt, page } = require('./profiler-page.js');
const { Readings } = require('./profiler-readings.js');
const { texts } = require('./profiler-texts.js');

const WINDOWS = { '5m': 300_000, '1h': 3_600_000, '24h': 86_400_000 };

/** How often what has a row a minute is asked for again. */
const REFRESH_MS = 20_000;

function makeCharts() {
  const charts = CHARTS.map((one) => makeChart(one, pointAll));
  const grid = element('div.charts', ...charts.map(({ element }) => element));
  const missing = element('p.soft', { role: 'status' });
  const options = Object.keys(WINDOWS).map((one) => [one, texts(one)]);
  let window = '5m';
  let shown = page.readings;
  let askedAt;
  let frame;

  function pointAll(time, active) {
    for (const chart of charts) chart.point(time, chart === active);
  }

  function select(wanted) {
    window = wanted;
    shown = window === '5m' ? page.readings : new Readings(WINDOWS[window]);
    load();
  }

  /** Asks for the window; an answer for one that is not shown any more does not count. */
  async function load() {
    const target = shown;
    askedAt = Date.now();
    const answer = await attempt(() => page.api.get(`readings?window=${window}`));
    if (!answer || target !== shown) return;
    shown.load(answer);
    update();
  }

  /** A reading came. Those of a long window are a minute each: they are asked for. */
  function refresh() {
    if (shown !== page.readings && Date.now() - askedAt > REFRESH_MS) load();
    update();
  }

  /** Draws, once a frame at the most. */
  function update() {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(redraw);
  }

  function redraw() {
    const { status, captures } = page;
    const marks = marksOf(status, captures, shown.from, shown.to);
    charts.forEach((chart, at) => {
      const levels = levelsOf(CHARTS[at], shown, status.thresholds);
      chart.update({ readings: shown, marks, levels });
    });
    const names = charts.filter(({ element }) => element.hidden).map(({ name }) => name);
    missing.hidden = names.length === 0;
    const values = { charts: names.map((name) => texts(`chart.${name}`)).join(texts('comma')) };
    missing.textContent = texts(shown.isEmpty ? 'noReadings' : 'notRead', values);
  }

  // A part that was hidden has no size, phones are turned, and colours change at night.
  new ResizeObserver(update).observe(grid);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', update);
  const windows = choice(texts('window'), options, window, select);
  return { element: section(texts('charts'), [windows], grid, missing), load, refresh, update };
}

module.exports = { makeCharts };
