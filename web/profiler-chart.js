'use strict';

/**
 * One chart with its title, legend, crosshair and what a screen reader has of it.
 *
 * @module
 */

const { button, element, setAttributes, uniqueId } = require('./dom.js');
const { amount, exactly } = require('./profiler-format.js');
const { markNear } = require('./profiler-marks.js');
const { draw } = require('./profiler-plot.js');
const { texts } = require('./profiler-texts.js');

/** How far the keys go, in readings. */
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageDown: -20, PageUp: 20, Home: -1e9, End: 1e9 };

/** Pixels around the crosshair in which a mark is meant. */
const MARK_PIXELS = 7;

/**
 * @param {object} definition see profiler-charts.js
 * @param {(time: number|undefined, active: object) => void} pointAll moves the crosshair of all charts
 */
function makeChart({ name, unit, isStacked, series }, pointAll) {
  const id = uniqueId('chart');
  const now = element('strong');
  const cross = element('div.cross', { hidden: true });
  const note = element('p.note', { hidden: true });
  const canvas = element('canvas', { role: 'slider', tabindex: 0, 'aria-labelledby': id });
  const hidden = new Set();
  const legend = series.map(makeToggle);
  const panel = element(
    'section.panel.chart',
    element('header', element('h3', { id }, texts(`chart.${name}`)), now),
    element('div.plot', canvas, cross, note),
    element('ul.keys', ...legend.map(({ item }) => item)),
  );
  let known;
  let plot;
  let pointed;
  let index;

  function makeToggle({ metric, colour }) {
    const value = element('b');
    const swatch = element(`span.swatch.k${colour}`);
    const label = [swatch, `${texts(`m.${metric}`)} `, value];
    const flip = () => {
      const isShown = hidden.delete(metric) || !hidden.add(metric);
      setAttributes(toggle, { 'aria-pressed': String(isShown) });
      redraw();
    };
    const toggle = button(label, flip, { 'aria-pressed': 'true' });
    return { metric, value, item: element('li', toggle) };
  }

  const valueAt = (metric) => known.readings.values[metric]?.[index];

  const read = () => legend.filter(({ metric }) => known.readings.has(metric));

  function redraw() {
    if (panel.hidden || canvas.clientWidth === 0) return;
    const shown = series.filter(({ metric }) => !hidden.has(metric));
    plot = draw(canvas, { ...known, series: shown, isStacked, unit });
    point(pointed);
  }

  /** The values at a time, or those of now. */
  function point(time, isActive = !note.hidden) {
    pointed = time;
    if (!plot || panel.hidden) return;
    const { readings } = known;
    const isPointing = time >= readings.from;
    index = isPointing ? readings.nearest(time) : readings.time.length - 1;
    const values = legend.map(({ metric, value }) => {
      value.textContent = amount(unit, valueAt(metric));
      return valueAt(metric);
    });
    const sum = values.reduce((total, value) => total + (value ?? 0), 0);
    now.textContent = amount(unit, isStacked && index >= 0 ? sum : values[0]);
    cross.hidden = !isPointing;
    note.hidden = !isPointing || !isActive;
    if (isPointing) showCross(readings.time[index] ?? time);
  }

  function showCross(at) {
    const x = plot.x(at);
    cross.style.transform = `translateX(${x}px)`;
    note.textContent = describe(at);
    const most = canvas.clientWidth - note.offsetWidth;
    note.style.transform = `translateX(${Math.max(0, Math.min(x + 8, most))}px)`;
  }

  /** When it is, and what happened then. */
  function describe(at) {
    const mark = markNear(known.marks, pointed, plot.timeAt(99 + MARK_PIXELS) - plot.timeAt(99));
    return mark ? `${exactly(mark.time)} · ${mark.text}` : exactly(at);
  }

  /** Where the crosshair is and the whole of each series, for who does not see them. */
  function tell() {
    const { readings } = known;
    const parts = read().map(({ metric, value }) => {
      const said = `${texts(`m.${metric}`)} ${value.textContent}`;
      const [least, most] = readings.range(metric).map((one) => amount(unit, one));
      return pointed ? said : said + texts('range', { least, most });
    });
    if (pointed) parts.unshift(describe(readings.time[index]));
    setAttributes(canvas, {
      'aria-valuetext': parts.join(texts('comma')),
      'aria-valuenow': index,
      'aria-valuemax': readings.time.length - 1,
    });
  }

  function onKey(event) {
    if (!plot || event.ctrlKey || event.metaKey || event.altKey) return;
    const { time, from } = known.readings;
    const [first, last] = [known.readings.indexAfter(from), time.length - 1];
    const next = Math.min(last, Math.max(first, (pointed ? index : last) + STEPS[event.key]));
    if (event.key === 'Escape') pointAll(undefined, chart);
    else if (next >= 0) {
      event.preventDefault();
      pointAll(time[next], chart);
    } else return;
    tell();
  }

  function onPoint({ clientX }) {
    if (plot) pointAll(plot.timeAt(clientX - canvas.getBoundingClientRect().left), chart);
  }

  canvas.addEventListener('pointermove', onPoint);
  canvas.addEventListener('pointerdown', onPoint);
  // A finger that is lifted wants to read what it pointed at.
  canvas.addEventListener('pointerleave', ({ pointerType }) => {
    if (pointerType !== 'touch') pointAll(undefined, chart);
  });
  canvas.addEventListener('blur', () => pointAll(undefined, chart));
  canvas.addEventListener('keydown', onKey);

  const chart = {
    name,
    element: panel,
    point,
    /** @param {object} news `{ readings, marks, levels }` */
    update(news) {
      known = news;
      panel.hidden = read().length === 0;
      for (const { metric, item } of legend) item.hidden = !known.readings.has(metric);
      redraw();
      // Who listens at a point in time is not interrupted each second.
      if (plot && !panel.hidden && !pointed) tell();
    },
  };
  return chart;
}

module.exports = { makeChart };
