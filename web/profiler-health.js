'use strict';

/**
 * Whether the process is well, in a sentence.
 *
 * @module
 */

const { amount, clock, duration, size } = require('./profiler-format.js');
const { texts } = require('./profiler-texts.js');

const LEVELS = ['well', 'warn', 'alarm'];

/** 0, or 1 from where on it is worth a look, or 2 from where on it is trouble. */
const levelOf = (value, look, trouble) => Number(value >= look) + Number(value >= trouble);

/** What is always said. */
function usual(readings) {
  const [used, limit] = [readings.last('heapUsed'), readings.last('heapLimit')];
  const late = readings.recent('eventLoopDelay');
  const loop = levelOf(late, 50, 500);
  return [
    [levelOf(used / limit, 0.7, 0.85), texts('heapOf', { used: size(used), limit: size(limit) })],
    [loop, texts(loop ? 'loopLate' : 'loopOnTime', { time: duration(late) })],
  ].filter((_, at) => Number.isFinite([used + limit, late][at]));
}

/** What is said only when it is not as it should be. */
function shortages(readings) {
  const [limit, pause, files, most, free] = [
    ...['memoryLimit', 'gcPause', 'fds', 'fdLimit', 'diskFree'],
  ].map((name) => readings.last(name));
  const memory = Math.max(readings.last('memoryUsed') || 0, readings.last('rss') || 0);
  const cpu = readings.recent('threadCpu');
  return [
    [
      levelOf(memory / limit, 0.75, 0.9),
      texts('memoryOf', { used: size(memory), limit: size(limit) }),
    ],
    [levelOf(cpu, 0.8, 0.95), texts('cpuBusy', { share: amount('ratio', cpu) })],
    [levelOf(pause, 100, 500), texts('gcLong', { time: duration(pause) })],
    [levelOf(files / most, 0.7, 0.9), texts('filesOf', { used: files, limit: most })],
    [levelOf(-free, -(2 ** 30), -(2 ** 28)), texts('diskLeft', { free: size(free) })],
  ].filter(([level]) => level > 0);
}

function leaks({ leak }) {
  return Object.values(leak ?? {})
    .filter((verdict) => verdict?.leaking)
    .map(({ bytesPerHour, msToLimit }) => [
      2,
      texts('leak', { rate: size(bytesPerHour) }) +
        (Number.isFinite(msToLimit) ? texts('fullIn', { time: duration(msToLimit) }) : ''),
    ]);
}

/** Thresholds that are passed, of rules that wait for it to last or have done their part. */
function passed(thresholds, firing, readings) {
  return thresholds
    .filter(({ metric, operator, value, rule }) => {
      const sign = operator.startsWith('<') ? -1 : 1;
      const isOver = value !== null && sign * readings.recent(metric) > sign * value;
      return isOver && !firing.includes(rule);
    })
    .map(({ metric, rule }) => [1, texts('over', { metric, rule })]);
}

function ruled({ watcher, thresholds = [] }, readings) {
  if (!watcher?.running) return [[0, texts('noRules')]];
  const { rules } = watcher;
  const firing = rules.filter(({ isFiring }) => isFiring).map(({ name }) => name);
  const parts = [...leaks(watcher), ...passed(thresholds, firing, readings)];
  const n = rules.reduce((sum, { fired }) => sum + fired, 0);
  const last = Math.max(...rules.map(({ lastFiredAt }) => Date.parse(lastFiredAt) || 0));
  if (firing.length > 0) parts.push([2, texts('firing', { rules: firing.join(', ') })]);
  else parts.push([0, n ? texts('fired', { n, time: clock(last) }) : texts('nothingFired')]);
  return parts;
}

/**
 * @param {object} status as the server gives it
 * @param {import('./profiler-readings.js').Readings} readings
 * @returns {{ level: 'well'|'warn'|'alarm'|'unknown', sentence: string }}
 */
function healthOf(status, readings) {
  if (readings.isEmpty) return { level: 'unknown', sentence: texts('noReadings') };
  const parts = [...usual(readings), ...shortages(readings), ...ruled(status, readings)];
  const level = LEVELS[Math.max(...parts.map(([one]) => one))];
  const sentence = parts.map(([, text]) => text).join(texts('comma')) + texts('stop');
  return { level, sentence: sentence[0].toUpperCase() + sentence.slice(1) };
}

module.exports = { healthOf };
