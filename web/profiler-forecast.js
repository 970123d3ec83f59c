'use strict';

/**
 * What a capture will cost, before the click. What is not known is left out.
 *
 * @module
 */

const { duration, size } = require('./profiler-format.js');
const { texts } = require('./profiler-texts.js');

/** A stop that others notice: asked about first. */
const LONG_PAUSE_MS = 1000;

/** Kinds that take as long as one says. */
const TIMED = ['cpuProfile', 'heapProfile'];

/** A figure in its text, or nothing. */
const figure = (key, format, value) =>
  Number.isFinite(value) ? texts(key, { value: format(value) }) : '';

/**
 * @param {string} kind
 * @param {object} [forecast] of that kind
 * @returns {{ text: string, isRefused?: boolean, isLong?: boolean }}
 */
function forecastText(kind, forecast = {}) {
  const { refused, pauseMs, memoryBytes, fileBytes, strategy } = forecast;
  if (refused) return { text: texts('refused', { reason: refused }), isRefused: true };
  // That it takes as long as was asked for is no news.
  const durationMs = TIMED.includes(kind) ? undefined : forecast.durationMs;
  const memory = figure('memory', size, memoryBytes);
  const long = figure(memory ? 'for' : 'lasts', duration, durationMs);
  const where = memory + long && strategy === 'fork' ? texts('inChild') : '';
  const parts = [
    figure('pause', duration, Math.round(pauseMs ?? Number.NaN)),
    memory + long + where,
    figure('file', size, fileBytes),
  ].filter(Boolean);
  const text =
    parts.join(texts('comma')) || texts(TIMED.includes(kind) ? `cost.${kind}` : 'costUnknown');
  return { text, isLong: pauseMs >= LONG_PAUSE_MS };
}

module.exports = { TIMED, forecastText };
