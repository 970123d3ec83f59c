'use strict';

/**
 * The options of `continuous()` that are groups: what they hold, in the form of lib/options.js.
 *
 * @module
 */

const { validateHeaderName, validateHeaderValue } = require('node:http');

const MEBIBYTE = 1 << 20;

/** Limits of Pyroscope (validation.max-length-label-*, max-label-names-per-series less its own six). */
const MAX_LABEL_NAME = 1024;
const MAX_LABEL_VALUE = 2048;
const MAX_LABELS = 24;

/** Headers that the request itself needs. */
const OWN_HEADERS = new Set(['content-length', 'content-type', 'host', 'transfer-encoding']);

function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function parseUrl(value) {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

function isHttpUrl(value) {
  const text = typeof value === 'string' || value instanceof URL;
  return text && ['http:', 'https:'].includes(parseUrl(value)?.protocol);
}

/** Pyroscope takes a dot and stores an underscore. */
const storedName = (name) => name.replaceAll('.', '_');

function isLabelName(name) {
  return /^[A-Za-z_][A-Za-z0-9_.]*$/.test(name) && name.length <= MAX_LABEL_NAME;
}

/** In the name of the ingest API a comma or a brace ends a value, and spaces around it go. */
function isLabelValue(value) {
  if (typeof value === 'number' || typeof value === 'boolean') return true;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const plain = typeof value === 'string' && !/[,}\u0000-\u001f\u007f]/.test(value);
  return (
    plain && value !== '' && value.trim() === value && Buffer.byteLength(value) <= MAX_LABEL_VALUE
  );
}

function isLabels(value) {
  if (!isObject(value)) return false;
  const names = Object.keys(value);
  const isFit = (name) =>
    isLabelName(name) && !storedName(name).startsWith('__') && isLabelValue(value[name]);
  const stored = new Set(names.map(storedName));
  return names.length <= MAX_LABELS && stored.size === names.length && names.every(isFit);
}

function isHeader([name, value]) {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    return false;
  }
  return typeof value === 'string' && !OWN_HEADERS.has(name.toLowerCase());
}

function isHeaderText(value) {
  return typeof value === 'string' && value !== '' && isHeader(['x', value]);
}

/** Types beyond those of lib/options.js. */
const TYPES = Object.freeze({
  httpUrl: {
    accepts: isHttpUrl,
    allowed: () => 'an http: or https: URL, such as http://localhost:4040',
    convert: (value) => new URL(value),
  },
  appName: {
    accepts: (value) => typeof value === 'string' && /^[\w./-]+$/.test(value),
    allowed: () => 'a name of letters, digits and . _ - /',
  },
  labels: {
    accepts: isLabels,
    allowed: () =>
      `an object of at most ${MAX_LABELS} labels: names of letters, digits, _ and . that begin with a ` +
      'letter, not with __, and stay different with _ for .; values without , } and control ' +
      'characters, neither empty nor with spaces around them',
    convert: (value) =>
      Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)])),
  },
  headers: {
    accepts: (value) => isObject(value) && Object.entries(value).every(isHeader),
    allowed: () => `an object of header fields, none of ${[...OWN_HEADERS].join(', ')}`,
    convert: (value) => ({ ...value }),
  },
  headerText: { accepts: isHeaderText, allowed: () => 'a text that a header can hold' },
});

const INTERVAL = { type: 'integer', min: 50, max: 1_000_000, unit: 'microseconds' };

const CPU = Object.freeze({ interval: INTERVAL });

const HEAP = Object.freeze({
  interval: { type: 'integer', min: 1024, max: 1_073_741_824, unit: 'bytes', default: 524_288 },
  stackDepth: { type: 'integer', min: 1, max: 1024, unit: 'frames', default: 32 },
  includeCollected: { type: 'choice', values: [false, 'major', 'all'], default: false },
});

const BASIC_AUTH = Object.freeze({
  user: { type: 'string', needed: true, secret: true },
  password: { type: 'string', needed: true, secret: true },
});

const seconds = (min, max, value) => ({
  type: 'number',
  min,
  max,
  unit: 'seconds',
  default: value,
});

const PUSH = Object.freeze({
  url: { type: 'httpUrl', needed: true, secret: true },
  appName: { type: 'appName', needed: true },
  labels: { type: 'labels', default: {} },
  token: { type: 'headerText', secret: true },
  basicAuth: { type: 'group', fields: BASIC_AUTH, secret: true },
  tenantId: { type: 'headerText' },
  headers: { type: 'headers', secret: true, default: {} },
  timeout: seconds(0.05, 300, 10),
  retryDelay: seconds(0.01, 60, 1),
  maxRetryDelay: seconds(0.01, 3600, 60),
  flushTimeout: seconds(0, 300, 5),
  maxQueueBytes: {
    type: 'integer',
    min: MEBIBYTE / 16,
    max: 2 ** 40,
    unit: 'bytes',
    default: 16 * MEBIBYTE,
  },
});

const CALLS = ['continuous'];

/** Rows of the one table of options. */
const ROWS = Object.freeze({
  window: { type: 'number', min: 0.01, max: 3600, unit: 'seconds', calls: CALLS, default: 60 },
  cpu: { type: 'group', fields: CPU, switchable: true, calls: CALLS, default: true },
  heap: { type: 'group', fields: HEAP, switchable: true, calls: CALLS, default: true },
  keep: { type: 'integer', min: 1, max: 1_000_000, unit: 'windows', calls: CALLS, default: 60 },
  maxBytes: {
    type: 'integer',
    min: 1,
    max: 2 ** 50,
    unit: 'bytes',
    calls: CALLS,
    default: 256 * MEBIBYTE,
  },
  minFreeBytes: {
    type: 'integer',
    min: 0,
    max: 2 ** 50,
    unit: 'bytes',
    calls: CALLS,
    default: 64 * MEBIBYTE,
  },
  push: { type: 'group', fields: PUSH, calls: CALLS, secret: true },
  onError: { type: 'function', calls: CALLS },
});

module.exports = { CPU_INTERVAL: INTERVAL, ROWS, TYPES };
