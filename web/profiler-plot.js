'use strict';

/**
 * Draws one chart on a canvas: axes, series, thresholds, marks.
 *
 * @module
 */

const { amount, clock } = require('./profiler-format.js');
const { timeTicks, valueAxis } = require('./profiler-scale.js');

const BOTTOM = 18;
const TOP = 14;

/** A threshold so far above what was read is named, not drawn: it would press the lines flat. */
const REACH = 1.6;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {object} what
 * @param {import('./profiler-readings.js').Readings} what.readings
 * @param {{ metric: string, colour: number }[]} what.series those that are shown
 * @param {boolean} what.isStacked
 * @param {string} what.unit
 * @param {{ value: number, label: string, isAlarm: boolean }[]} what.levels thresholds and limits
 * @param {import('./profiler-marks.js').Mark[]} what.marks
 * @returns {{ x(time: number): number, timeAt(x: number): number }}
 */
function draw(canvas, { readings, series, isStacked, unit, levels, marks }) {
  const context = canvas.getContext('2d');
  const { clientWidth: width, clientHeight: height } = canvas;
  const { from, to, time } = readings;
  const ratio = globalThis.devicePixelRatio;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  context.font = `11px ${style.fontFamily}`;
  context.textBaseline = 'middle';

  const names = series.map(({ metric }) => metric);
  const runs = names.map((name, at) => readings.runs(name, isStacked ? names.slice(0, at) : []));
  const greatest = Math.max(0, ...runs.flat(2).map(([, , top]) => top));
  const near = levels.filter(({ value }) => value <= greatest * REACH);
  const { top, ticks } = valueAxis(Math.max(greatest, ...near.map(({ value }) => value)), unit);
  const labels = ticks.map((tick) => amount(unit, tick));
  const left = Math.ceil(Math.max(...labels.map((one) => context.measureText(one).width))) + 8;
  const right = width - 2;
  const bottom = height - BOTTOM;

  const x = (at) => left + ((at - from) / (to - from)) * (right - left);
  const y = (value) => bottom - (value / top) * (bottom - TOP);
  const sharp = (value) => Math.round(value) + 0.5;

  const ink = (name) => {
    context.strokeStyle = context.fillStyle = style.getPropertyValue(`--${name}`);
  };
  const trace = (points) => {
    context.beginPath();
    for (const point of points) context.lineTo(...point);
  };
  const line = (...points) => {
    trace(points);
    context.stroke();
  };

  function drawAxes() {
    context.textAlign = 'right';
    ticks.forEach((tick, at) => {
      ink('line');
      line([left, sharp(y(tick))], [right, sharp(y(tick))]);
      ink('soft');
      context.fillText(labels[at], left - 6, y(tick));
    });
    context.textAlign = 'center';
    for (const tick of timeTicks(from, to, Math.max(2, (right - left) / 70))) {
      line([sharp(x(tick)), bottom], [sharp(x(tick)), bottom + 4]);
      if (x(tick) < right - 15) context.fillText(clock(tick, {}, tick), x(tick), bottom + 12);
    }
  }

  function drawRun(run, isFilled) {
    const tops = run.map(([at, , value]) => [x(time[at]), y(value)]);
    const bottoms = run.map(([at, value]) => [x(time[at]), y(value)]).reverse();
    if (isFilled) {
      trace([...tops, ...bottoms]);
      context.globalAlpha = isStacked ? 0.5 : 0.12;
      context.fill();
      context.globalAlpha = 1;
    }
    // One reading alone is seen, too.
    line(...tops, [bottoms[0][0] + 1, tops[tops.length - 1][1]]);
  }

  /** On a halo: lines go below it. */
  function drawLabel(text, at) {
    const colour = context.fillStyle;
    ink('card');
    context.lineWidth = 4;
    context.strokeText(text, right - 2, at);
    context.fillStyle = colour;
    context.fillText(text, right - 2, at);
  }

  /** Those above the axis are named at its upper edge. */
  function drawLevels() {
    let above = 0;
    context.textAlign = 'right';
    for (const { value, label, isAlarm } of levels) {
      const at = value > top ? 6 + 13 * above++ : sharp(y(value));
      ink(isAlarm ? 'alarm' : 'soft');
      context.lineWidth = 1.5;
      context.setLineDash(isAlarm ? [5, 4] : []);
      if (value <= top) line([left, at], [right, at]);
      context.setLineDash([]);
      drawLabel(value > top ? `${label} ↑` : label, value > top ? at : at - 8);
    }
  }

  /** Captures point down from above, rules that fired up from below: told apart without colour. */
  function drawMark({ time: at, isCapture }) {
    const [tip, base] = isCapture ? [TOP, TOP - 8] : [bottom, bottom + 8];
    const middle = sharp(x(at));
    ink(isCapture ? 'accent' : 'alarm');
    context.lineWidth = 1;
    context.setLineDash([2, 3]);
    line([middle, TOP], [middle, bottom]);
    context.setLineDash([]);
    trace([[middle, tip], ...[-5, 5].map((aside) => [middle + aside, base])]);
    context.fill();
  }

  drawAxes();
  context.lineJoin = 'round';
  context.lineWidth = isStacked ? 1 : 1.5;
  series.forEach(({ colour }, at) => {
    ink(`k${colour}`);
    for (const run of runs[at]) drawRun(run, isStacked || at === 0);
  });
  marks.forEach(drawMark);
  drawLevels();

  const timeAt = (at) =>
    from + Math.min(1, Math.max(0, (at - left) / (right - left))) * (to - from);
  return { x, timeAt };
}

module.exports = { draw };
