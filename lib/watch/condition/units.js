'use strict';

/**
 * What numbers of a condition measure: their units as they are written, and as they are shown.
 *
 * A quantity is bytes to some power by time to some power: `100MB/h` is bytes by time. What has neither is a
 * share (`90%`, CPU), a plain number (a count), or the quotient of two of a kind, which is compared with both.
 * Within a condition bytes are bytes, times are milliseconds and a share of 1 is 100 %.
 *
 * @module
 */

/**
 * @typedef {{ bytes: number, time: number, kind: 'share'|'number'|'any' }} Quantity powers of bytes and of time;
 *   `kind` counts where both are 0
 */

/** Highest power that arithmetic may lead to: beyond it there is no meaning. */
const MOST_POWER = 2;

const quantity = (bytes, time, kind = 'any') => Object.freeze({ bytes, time, kind });

const BYTES = quantity(1, 0);
const TIME = quantity(0, 1);
const SHARE = quantity(0, 0, 'share');
const NUMBER = quantity(0, 0, 'number');
const QUOTIENT = quantity(0, 0, 'any');
const PER_TIME = quantity(0, -1);

/** As everywhere in rsprof a kB is 1024 bytes; whoever writes KiB gets KiB back. */
const SIZES = Object.freeze({ B: 1, kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 });
const BINARY_SIZES = Object.freeze({
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
});
const TIMES = Object.freeze({ ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 });

/** The units as a message lists them. */
const UNITS = 'B kB MB GB TB, KiB MiB GiB TiB, ms s m h d, %';

/** A minute may be written `m`, too. */
const timeUnit = (text) => (text === 'm' ? TIMES.min : own(TIMES, text));

const own = (table, name) => (Object.hasOwn(table, name) ? table[name] : undefined);

function sizeUnit(text, table) {
  const name = Object.keys(table).find((one) => one.toLowerCase() === text.toLowerCase());
  return name && table[name];
}

/**
 * What a unit stands for. Sizes are read in any case (`mb`), times are not: `M` is no minute.
 *
 * @param {string} text such as `MB`, `GiB`, `ms`, `%`
 * @returns {{ quantity: Quantity, factor: number, isBinary: boolean }|undefined}
 */
function findUnit(text) {
  if (text === '%') return { quantity: SHARE, factor: 0.01, isBinary: false };
  const time = timeUnit(text);
  if (time !== undefined) return { quantity: TIME, factor: time, isBinary: false };
  const size = sizeUnit(text, SIZES);
  if (size !== undefined) return { quantity: BYTES, factor: size, isBinary: false };
  const binary = sizeUnit(text, BINARY_SIZES);
  return binary && { quantity: BYTES, factor: binary, isBinary: true };
}

const LIKELY = Object.freeze({
  k: 'kB',
  K: 'kB',
  M: 'MB',
  G: 'GB',
  g: 'GB',
  T: 'TB',
  t: 'TB',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  mins: 'm',
  minute: 'm',
  minutes: 'm',
  hr: 'h',
  hour: 'h',
  hours: 'h',
  day: 'd',
  days: 'd',
  percent: '%',
});

/** The unit that was probably meant by `text`, or undefined. */
const likelyUnit = (text) => own(LIKELY, text);

/** Whether `a` and `b` may be compared and added. */
function isSame(a, b) {
  if (a.bytes !== b.bytes || a.time !== b.time) return false;
  if (a.bytes !== 0 || a.time !== 0) return true;
  return a.kind === b.kind || a.kind === 'any' || b.kind === 'any';
}

const isPlain = ({ bytes, time }) => bytes === 0 && time === 0;

/** The quantity of a product (`sign` 1) or a quotient (-1); undefined where it means nothing. */
function combine(a, b, sign) {
  const [bytes, time] = [a.bytes + sign * b.bytes, a.time + sign * b.time];
  if (Math.abs(bytes) > MOST_POWER || Math.abs(time) > MOST_POWER) return undefined;
  return quantity(bytes, time);
}

const KINDS = Object.freeze({ share: 'a share', number: 'a plain number', any: 'a quotient' });

/** `bytes`, `a time`, `a share`, `bytes per time`: for messages. */
function nameOf({ bytes, time, kind }) {
  if (bytes === 0 && time === 0) return KINDS[kind];
  if (bytes === 1 && time === 0) return 'bytes';
  if (bytes === 0 && time === 1) return 'a time';
  if (bytes === 1 && time === -1) return 'bytes per time';
  if (bytes === 0 && time === -1) return 'a number per time';
  return `bytes^${bytes} by time^${time}`;
}

/** 812.4 -> `812`, 1.0449 -> `1.04`, 800 -> `800`. */
function digits(value, most) {
  if (Number.isInteger(value)) return String(value);
  const whole = Math.abs(value) >= 1 ? Math.floor(Math.log10(Math.abs(value))) + 1 : 1;
  return String(Number(value.toFixed(Math.max(0, most - whole))));
}

/** The largest unit of which there is at least one. */
function inUnit(value, table, most) {
  const units = Object.entries(table).reverse();
  const [name, factor] = units.find(([, one]) => Math.abs(value) >= one) ?? units.at(-1);
  return `${digits(value / factor, most)} ${name}`;
}

/** 90000 -> `90 s`, 5400000 -> `1.5 h`: the unit in which it is shortest, from two of it on. */
function timeText(value, most) {
  const units = Object.entries(TIMES).reverse();
  const fits = ([, one]) =>
    Math.abs(value) >= 2 * one || (value !== 0 && Math.abs(value) >= one && value % one === 0);
  const [name, factor] = units.find(fits) ?? units.at(-1);
  return `${digits(value / factor, most)} ${name}`;
}

/** How numbers are shown: sizes in powers of 1024, by which time a rate is, how many digits. */
const PLAIN_STYLE = Object.freeze({ isBinary: false, per: undefined, digits: 3 });

function rateText(value, what, style) {
  const per = style.per ?? (what.bytes === 0 ? 's' : 'h');
  const top = quantity(what.bytes, what.time + 1, what.kind);
  return `${format(value * TIMES[per], top, style)}/${per}`;
}

/**
 * A value as a person reads it: `812 MB`, `90 %`, `200 ms`, `120 MB/h`.
 *
 * @param {number} value NaN is unknown
 * @param {Quantity} what
 * @param {object} [style] see PLAIN_STYLE
 * @returns {string}
 */
function format(value, what, style = PLAIN_STYLE) {
  if (Number.isNaN(value)) return 'unknown';
  const most = style.digits;
  if (what.time < 0) return rateText(value, what, style);
  if (what.bytes === 1 && what.time === 0)
    return inUnit(value, style.isBinary ? BINARY_SIZES : SIZES, most);
  if (what.bytes === 0 && what.time === 1) return timeText(value, most);
  if (isPlain(what) && what.kind === 'share') return `${digits(value * 100, most)} %`;
  return digits(value, most);
}

module.exports = {
  BYTES,
  NUMBER,
  PER_TIME,
  PLAIN_STYLE,
  QUOTIENT,
  SHARE,
  TIME,
  TIMES,
  UNITS,
  combine,
  findUnit,
  format,
  isPlain,
  isSame,
  likelyUnit,
  nameOf,
  timeUnit,
};
