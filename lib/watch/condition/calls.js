'use strict';

/**
 * What is written as a call: functions over a window of the history, the trend of a leak, and events.
 *
 * An event has a trigger, `{ kind, key, ... }`: what the watcher has to arm for it. When it happens, the key is
 * among the pulses of one evaluation.
 *
 *     stuck            { kind: 'stuck', key: 'stuck', ms: null }        the watchdog's own threshold
 *     stuck(5s)        { kind: 'stuck', key: 'stuck:5000', ms: 5000 }
 *     nearHeapLimit    { kind: 'nearHeapLimit', key: 'nearHeapLimit' }
 *     signal(SIGUSR2)  { kind: 'signal', key: 'signal:SIGUSR2', signal: 'SIGUSR2' }
 *     every(6h)        { kind: 'every', key: 'every:21600000', ms: 21600000 }
 *     at(03:30)        { kind: 'at', key: 'at:03:30', hour: 3, minute: 30, utc: false }
 *     at(03:30 UTC)    { kind: 'at', key: 'at:03:30Z', hour: 3, minute: 30, utc: true }
 *     leak             { kind: 'leak', key: 'leak' }                     no pulse: the trend is kept
 *
 * @module
 */

const { INDEX } = require('../metrics.js');
const { didYouMean } = require('./nearest.js');
const { DERIVED, NAMES, READINGS } = require('./readings.js');
const { whyNot } = require('./signals.js');
const { arithmetic, literal, number, reading, truth } = require('./tree.js');
const { TIME, TIMES, combine } = require('./units.js');

/** A window of the history; the longest that it keeps. */
const WINDOW = Object.freeze({ least: TIMES.s, most: TIMES.d });

/** What the watchdog can tell from an ordinary pause. */
const STUCK = Object.freeze({ least: 100, most: TIMES.h });

/** No longer than a timer of Node.js can be. */
const EVERY = Object.freeze({ least: TIMES.s, most: 24 * TIMES.d });

/** The functions over a window. */
const WINDOWED = Object.freeze(['mean', 'min', 'max', 'sum', 'slope']);

/** The quantity of `call` over readings of `what`. */
const resultOf = (call, what) => (call === 'slope' ? combine(what, TIME, -1) : what);

function windowOf(call, name, ms, place) {
  const one = READINGS.get(name);
  const what = resultOf(call, one.what);
  return number('window', { call, reading: one, ms, what }, place);
}

/** Nodes are put together as if they had been written so. */
const added = (nodes, place) =>
  nodes.reduce((left, right) => ({ ...arithmetic(place, '+', left, right), ...place }));

/** A sum by the length of its window. */
function shareOf(names, ms, what, place) {
  const whole = added(
    names.map((name) => windowOf('sum', name, ms, place)),
    place,
  );
  const by = arithmetic(place, '/', whole, literal(ms, TIME, place));
  return { ...by, ...place, what };
}

/** What a derived name is made of. */
function expand(name, place) {
  const { what, sum, share, window, since } = DERIVED.get(name);
  if (share) return shareOf(share, window, what, place);
  if (sum)
    return added(
      sum.map((one) => reading(READINGS.get(one), place)),
      place,
    );
  const time = (index) => reading({ name, index, what, divisor: 1 }, place);
  return { ...arithmetic(place, '-', time(INDEX.time), time(since)), ...place };
}

function expandWindow(call, name, ms, place) {
  const { what, sum, share } = DERIVED.get(name);
  if (share) return shareOf(share, ms, what, place);
  return added(
    sum.map((one) => windowOf(call, one, ms, place)),
    place,
  );
}

/** A reading, or what is made of several. */
function readName(parser, token) {
  const place = parser.place(token, token);
  const one = READINGS.get(token.text);
  if (one) return reading(one, place);
  return { ...expand(token.text, place), name: token.text };
}

function readWindowName(parser, call) {
  const token = parser.take('word', `${call}() takes a reading and a window: ${call}(rss, 10m)`);
  const { text } = token;
  const derived = DERIVED.get(text);
  if (derived && !derived.calls.includes(call)) {
    const known = derived.calls.map((one) => `${one}()`).join(', ') || 'no window';
    throw parser.problem(`${call}() does not take ${text}, which goes with ${known}`, token);
  }
  if (READINGS.has(text) || derived) return text;
  const hint = didYouMean(text, NAMES, 'docs/watch.md has them all');
  throw parser.problem(`${call}() takes a reading; there is no ${text}; ${hint}`, token);
}

/** `slope(rss, 1h)`. */
function readWindow(parser, token) {
  const call = token.text;
  parser.symbol('(', `${call} needs a reading and a window: ${call}(rss, 10m)`);
  const name = readWindowName(parser, call);
  parser.symbol(',', `${call}() takes one reading and a window: ${call}(${name}, 10m)`);
  const ms = parser.duration(WINDOW, 'a window');
  const place = parser.place(token, parser.close());
  if (READINGS.has(name)) return windowOf(call, name, ms, place);
  return { ...expandWindow(call, name, ms, place), name: place.text };
}

function readLeak(parser, token) {
  const trigger = { kind: 'leak', key: 'leak' };
  if (!parser.accept('(')) {
    return truth('leak', { confidence: Number.NaN, trigger }, parser.place(token, token));
  }
  const confidence = parser.confidence();
  return truth('leak', { confidence, trigger }, parser.place(token, parser.close()));
}

const event = (trigger, place) =>
  truth('event', { trigger: Object.freeze(trigger), hasEvent: true }, place);

function readStuck(parser, token) {
  if (!parser.accept('('))
    return event({ kind: 'stuck', key: 'stuck', ms: null }, parser.place(token, token));
  const ms = parser.duration(STUCK, 'stuck()');
  return event({ kind: 'stuck', key: `stuck:${ms}`, ms }, parser.place(token, parser.close()));
}

function readNearHeapLimit(parser, token) {
  const trigger = { kind: 'nearHeapLimit', key: 'nearHeapLimit' };
  return event(trigger, parser.place(token, token));
}

function readSignal(parser, token) {
  parser.symbol('(', 'signal needs the name of one: signal(SIGUSR2)');
  const name = parser.take('word', 'signal() takes the name of a signal: signal(SIGUSR2)');
  const signal = name.text.toUpperCase();
  const why = whyNot(signal);
  if (why) throw parser.problem(why, name);
  const place = parser.place(token, parser.close());
  return event({ kind: 'signal', key: `signal:${signal}`, signal }, place);
}

function readEvery(parser, token) {
  parser.symbol('(', 'every needs a time: every(6h)');
  const ms = parser.duration(EVERY, 'every()');
  return event({ kind: 'every', key: `every:${ms}`, ms }, parser.place(token, parser.close()));
}

const TIME_OF_DAY = 'at() takes a time of day: at(03:30), at(03:30 UTC)';

function readAt(parser, token) {
  parser.symbol('(', TIME_OF_DAY);
  const clock = parser.take('clock', TIME_OF_DAY);
  const [hour, minute] = clock.text.split(':').map(Number);
  if (hour > 23 || minute > 59) throw parser.problem(`no day has a ${clock.text}`, clock);
  const zone = parser.peek().type === 'word' ? parser.next() : undefined;
  const utc = zone !== undefined;
  if (utc && zone.text !== 'UTC') throw parser.problem('local time, or UTC', zone);
  const place = parser.place(token, parser.close());
  const two = (value) => String(value).padStart(2, '0');
  const key = `at:${two(hour)}:${two(minute)}${utc ? 'Z' : ''}`;
  return event({ kind: 'at', key, hour, minute, utc }, place);
}

/** Each reads what follows its name. */
const CALLS = new Map([
  ...WINDOWED.map((name) => [name, readWindow]),
  ['leak', readLeak],
  ['stuck', readStuck],
  ['nearHeapLimit', readNearHeapLimit],
  ['signal', readSignal],
  ['every', readEvery],
  ['at', readAt],
]);

module.exports = { CALLS, readName };
