'use strict';

/**
 * The floors of a window on load and time: how fast they rise beside what the load explains, and whether that
 * goes on.
 *
 * @module
 */

const { toNormal } = require('./certainty.js');
const { components, varianceOfSum } = require('./noise.js');
const { CAPACITY } = require('./points.js');
const { Regression } = require('./regression.js');

const HOUR_MS = 3_600_000;

/** Sessions, caches and pools follow the load this much later, at most: as a part of the window, and in ms. */
const LAG_PART = 12;
const LAG_MS = HOUR_MS;

/** With fewer points there is no telling a lagged load from time. */
const LEAST_FOR_LAG = 24;

/** Wave of a day, which the known loads may not explain, in a window that has two of them. */
const DAY_MS = 24 * HOUR_MS;

/** Parts of a window whose means must rise one after the other. */
const BLOCKS = 4;

/** Columns: two loads, two lagged, two of the day, time. */
const COLUMNS = 7;

/** What is kept for the work, made once: one for all trends, since a fit is over before the next begins. */
const regression = new Regression(CAPACITY, COLUMNS);
const lagged = [new Float64Array(CAPACITY), new Float64Array(CAPACITY)];
const sums = new Float64Array(BLOCKS);
const counts = new Float64Array(BLOCKS);

/** The loads as memory follows them: averages that forget. */
function lagLoads(points, from) {
  const { times, connections, rates, length } = points;
  const lagMs = Math.min(LAG_MS, (times[length - 1] - times[from]) / LAG_PART);
  lagged[0][from] = connections[from];
  lagged[1][from] = rates[from];
  for (let at = from + 1; at < length; at++) {
    const part = 1 - Math.exp((times[at - 1] - times[at]) / lagMs);
    lagged[0][at] = lagged[0][at - 1] + part * (connections[at] - lagged[0][at - 1]);
    lagged[1][at] = lagged[1][at - 1] + part * (rates[at] - lagged[1][at - 1]);
  }
}

/** Takes the part of a column out of the floors. */
function explainBy(column, from, rows) {
  const next = regression.next();
  for (let row = 0; row < rows; row++) next[row] = column[from + row];
  regression.project();
}

function explainByDay(times, from, rows) {
  for (const wave of [Math.sin, Math.cos]) {
    const next = regression.next();
    for (let row = 0; row < rows; row++)
      next[row] = wave((2 * Math.PI * times[from + row]) / DAY_MS);
    regression.project();
  }
}

function explainByLoad(points, from, rows) {
  explainBy(points.connections, from, rows);
  explainBy(points.rates, from, rows);
  if (rows < LEAST_FOR_LAG) return;
  lagLoads(points, from);
  for (const column of lagged) explainBy(column, from, rows);
}

/**
 * The least rise from one part of the window to the next, of what the load does not explain, as a part of an
 * even rise: 1 for a straight line, 0 or less where it comes to rest.
 */
function leastRise(points, from, rows, slope) {
  const { times } = points;
  const span = times[from + rows - 1] - times[from];
  sums.fill(0);
  counts.fill(0);
  for (let row = 0; row < rows; row++) {
    const place = (times[from + row] - times[from]) / span;
    const block = Math.min(BLOCKS - 1, Math.floor(place * BLOCKS));
    sums[block] += regression.residuals[row] + slope * place;
    counts[block]++;
  }
  let least = Infinity;
  for (let block = 1; block < BLOCKS; block++) {
    const rise = sums[block] / counts[block] - sums[block - 1] / counts[block - 1];
    // A part without a collection tells nothing good.
    least = Number.isNaN(rise) ? -1 : Math.min(least, (rise * BLOCKS) / slope);
  }
  return least;
}

/** Sum of squares around the mean. */
function spreadOf(column, rows) {
  let [sum, squares] = [0, 0];
  for (let row = 0; row < rows; row++) sum += column[row];
  for (let row = 0; row < rows; row++) squares += (column[row] - sum / rows) ** 2;
  return squares;
}

/** How much the last quarter of the floors is above the first: what no regression can talk up. */
function riseOf(floors, from, rows) {
  const quarter = Math.ceil(rows / 4);
  let rise = 0;
  for (let row = 0; row < quarter; row++) {
    rise += floors[from + rows - 1 - row] - floors[from + row];
  }
  return rise / quarter;
}

/**
 * @param {import('./points.js').Points} points
 * @param {number} from the first point of the window, which ends with the last
 * @param {boolean} hasLoads whether the loads are known
 * @returns {{ rise: number, growth: number, error: number, normal: number, freedom: number, least: number, byLoad: number,
 *   rows: number, spanMs: number }|null} `growth`: bytes over the window; `rise`: from its
 *   first quarter to its last, whatever the reason; `error`: its standard error; `normal`:
 *   the growth in standard errors, as a normal deviate; `byLoad`: 0 to 1; `apart`: 0 to 1, how far time is
 *   another thing than the load in this window. Null where time cannot be told from
 *   load
 */
function fit(points, from, hasLoads) {
  const { times, floors, length } = points;
  const rows = length - from;
  const spanMs = times[length - 1] - times[from];
  regression.start(rows);
  for (let row = 0; row < rows; row++) regression.residuals[row] = floors[from + row];
  regression.centre();
  if (hasLoads) explainByLoad(points, from, rows);
  const byLoad = regression.total > 0 ? 1 - regression.unexplained() / regression.total : 0;
  if (spanMs >= 2 * DAY_MS) explainByDay(times, from, rows);
  const at = regression.count;
  const column = regression.next();
  for (let row = 0; row < rows; row++) column[row] = (times[from + row] - times[from]) / spanMs;
  const whole = spreadOf(column, rows);
  const growth = regression.project();
  if (!regression.used[at]) return null;
  const { residuals, squares, parameters } = regression;
  const variance = varianceOfSum(column, residuals, rows, parameters);
  const error = Math.sqrt(variance) / squares[at];
  const freedom = components(rows);
  return {
    rise: riseOf(floors, from, rows),
    growth,
    error,
    normal: toNormal(growth / error, freedom),
    freedom,
    least: leastRise(points, from, rows, growth),
    byLoad,
    apart: squares[at] / whole,
    rows,
    spanMs,
  };
}

module.exports = { fit };
