'use strict';

/**
 * What is left after each full collection: does it rise?
 *
 * @module
 */

/** With fewer points every line is a good fit. */
const LEAST_POINTS = 5;

const MINUTE = 60_000;

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Least squares: bytes a millisecond, and how well the line fits (r squared, 0 to 1). */
function line(points) {
  const ms = mean(points.map((point) => point.ms));
  const bytes = mean(points.map((point) => point.bytes));
  let [product, width, height] = [0, 0, 0];
  for (const point of points) {
    product += (point.ms - ms) * (point.bytes - bytes);
    width += (point.ms - ms) ** 2;
    height += (point.bytes - bytes) ** 2;
  }
  if (width === 0 || height === 0) return { slope: 0, fit: 0 };
  return { slope: product / width, fit: product ** 2 / (width * height) };
}

/** The slope of the last half alone: a cache that fills rises at first, a leak goes on. */
function lateSlope(points) {
  return line(points.slice(Math.floor(points.length / 2))).slope;
}

/**
 * @param {{ ms: number, bytes: number }[]} points in their order
 * @returns {{ points: number, slopeBytesPerMinute: number|null, fit: number|null,
 *   lateSlopeBytesPerMinute: number|null }} null where there are fewer than five points
 */
function floorTrend(points) {
  const figures = { points: points.length, slopeBytesPerMinute: null, fit: null };
  if (points.length < LEAST_POINTS) return { ...figures, lateSlopeBytesPerMinute: null };
  const { slope, fit } = line(points);
  return {
    points: points.length,
    slopeBytesPerMinute: slope * MINUTE,
    fit,
    lateSlopeBytesPerMinute: lateSlope(points) * MINUTE,
  };
}

module.exports = { floorTrend };
