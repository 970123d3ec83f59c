'use strict';

/**
 * The limits of rules and of the watcher: what they take, and their defaults.
 *
 * @module
 */

const { inspect } = require('node:util');
const { invalidArgument } = require('../errors.js');
const { parseDuration, parseShare, parseSize } = require('./quantity.js');

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const YEAR = 366 * DAY;
const GIB = 2 ** 30;

/** Firings of one rule, and of all, that a window can count: the ledger remembers some more. */
const MAX_COUNT = 50;
const MAX_TOTAL = 100;

/**
 * Bytes of a disk: `bytes`, or a `share` of it; with both the smaller.
 *
 * @typedef {{ bytes?: number, share?: number }} Room
 */

const duration = (least, most, fallback) => ({
  read(value) {
    const ms = parseDuration(value);
    return ms >= least && ms <= most ? ms : undefined;
  },
  allowed:
    `a duration such as '30s' or '1h', or a number of seconds` +
    (least > 0 ? ', longer than nothing' : ''),
  default: fallback,
});

const integer = (most, fallback) => ({
  read: (value) => (Number.isInteger(value) && value >= 1 && value <= most ? value : undefined),
  allowed: `an integer from 1 to ${most}`,
  default: fallback,
});

function readRoom(value) {
  const share = parseShare(value);
  if (share !== undefined) return Object.freeze({ share });
  const bytes = parseSize(value);
  return bytes === undefined ? undefined : Object.freeze({ bytes });
}

const room = (fallback) => ({
  read: readRoom,
  allowed: "a size such as '2GB', a share of the disk such as '10%', or a number of bytes",
  default: Object.freeze(fallback),
});

const size = (fallback) => ({
  read: (value) => parseSize(value) || undefined,
  allowed: "a size such as '512MB', or a number of bytes",
  default: fallback,
});

/** Of each rule. */
const RULE_FIELDS = Object.freeze({
  cooldown: duration(0, YEAR, HOUR),
  count: integer(MAX_COUNT, 3),
  per: duration(1, YEAR, DAY),
});

/** Of the watcher; those of rules are the defaults of all rules. */
const FIELDS = Object.freeze({
  ...RULE_FIELDS,
  total: integer(MAX_TOTAL, 10),
  totalPer: duration(1, YEAR, DAY),
  keep: integer(1000, 10),
  quota: room({ bytes: 2 * GIB }),
  // A gigabyte would be all of a small disk.
  minFreeDisk: room({ bytes: GIB, share: 0.05 }),
  memory: size(undefined),
  pause: duration(1, YEAR, 10 * SECOND),
  grace: duration(0, YEAR, 30 * SECOND),
});

function shown(value) {
  return inspect(value, { depth: 0, maxStringLength: 100, breakLength: Infinity });
}

function checkNames(value, fields, where) {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw invalidArgument(`${where} must be an object; got ${shown(value)}`);
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(fields, name)) continue;
    const names = Object.keys(fields).join(', ');
    throw invalidArgument(`${where} has no '${name}'; it takes ${names}`);
  }
}

function readFields(value, fields, where, fallback) {
  checkNames(value, fields, where);
  const limits = {};
  for (const [name, field] of Object.entries(fields)) {
    const given = value[name];
    limits[name] = given === undefined ? fallback[name] : field.read(given);
    if (given === undefined || limits[name] !== undefined) continue;
    throw invalidArgument(`${where}.${name} must be ${field.allowed}; got ${shown(given)}`);
  }
  return Object.freeze(limits);
}

const DEFAULTS = Object.freeze(
  Object.fromEntries(Object.entries(FIELDS).map(([name, field]) => [name, field.default])),
);

/**
 * Checks the limits of the watcher and fills in what was left out.
 *
 * @param {unknown} [value] what the user gave
 * @param {string} [where] it stands
 * @returns {object} durations in ms, sizes in bytes, rooms as {@link Room}; frozen
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG` naming the field
 */
function readLimits(value = {}, where = 'limits') {
  return readFields(value, FIELDS, where, DEFAULTS);
}

/**
 * Checks the limits of one rule.
 *
 * @param {unknown} value what the user gave
 * @param {string} where it stands, such as `rules[2].limits`
 * @param {object} [base] the limits of the watcher, which stand for what was left out
 * @returns {{ cooldown: number, count: number, per: number }} ms; frozen
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG` naming the field
 */
function readRuleLimits(value = {}, where = 'limits', base = DEFAULTS) {
  return readFields(value, RULE_FIELDS, where, base);
}

/**
 * How many bytes a room is on a disk.
 *
 * @param {Room} value
 * @param {number} diskBytes size of the disk; NaN where it is not known
 * @returns {number} NaN where that depends on the disk
 */
function bytesOfRoom({ bytes, share }, diskBytes) {
  if (share === undefined) return bytes;
  if (bytes === undefined) return share * diskBytes;
  return Number.isNaN(diskBytes) ? bytes : Math.min(bytes, share * diskBytes);
}

module.exports = { DEFAULTS, bytesOfRoom, readLimits, readRuleLimits };
