'use strict';

/**
 * The one table of options: type, range, default, environment variable, and the calls that take it.
 *
 * Precedence: argument, then (for `compression`) the extension of `path`, then `RSPROF_*` environment
 * variable, then default. An unknown option or a wrong type is `ERR_RSPROF_INVALID_ARG`.
 *
 * @module
 */

const { fileURLToPath } = require('node:url');
const { inspect } = require('node:util');
const continuous = require('./continuous-options.js');
const profiler = require('./http/options.js');
const watch = require('./watch/options.js');
const { invalidArgument } = require('./errors.js');

/** Calls that write a file. */
const FILES = ['heapSnapshot', 'cpuProfile', 'startCpuProfile', 'heapProfile', 'startHeapProfile'];
const SNAPSHOTS = ['heapSnapshot', 'heapSnapshotStream'];
const CPU = ['cpuProfile', 'startCpuProfile'];
const HEAP = ['heapProfile', 'startHeapProfile'];
const GC = ['gcProfile', 'startGcProfile'];
const EVERY = [...FILES, 'heapSnapshotStream'];
const OUT_OF_MEMORY = ['snapshotOnOutOfMemory'];
const CLASSES = ['classHistogram'];
const CONTINUOUS = ['continuous'];
const WATCH = ['watch'];
const PROFILER = ['profiler'];
/** Calls that read captures. */
const ANALYSES = ['analyze', 'diff', 'inspect', 'signature', 'exportProfile'];

const MAX_SECONDS = 86_400;

/** Levels each compression takes, and the one it has by default. */
const LEVELS = Object.freeze({
  gzip: { min: 1, max: 9, default: 1 },
  zstd: { min: 1, max: 19, default: 1 },
  none: { min: 1, max: 19, default: 1 },
});

/** File name extension of each compression. */
const EXTENSIONS = Object.freeze({ gzip: '.gz', zstd: '.zst', none: '' });

/** What a forked snapshot may use, and how long one in this process may stop it. */
const BUDGET = Object.freeze({ seconds: 300, memory: undefined, pauseSeconds: 10 });

const OPTIONS = Object.freeze({
  path: { type: 'path', calls: [...FILES, ...OUT_OF_MEMORY, ...CLASSES] },
  dir: {
    type: 'path',
    calls: [...FILES, ...OUT_OF_MEMORY, ...CLASSES, ...CONTINUOUS, ...WATCH, ...PROFILER],
    env: 'RSPROF_DIR',
    default: '.',
    // Without a folder nothing is kept on disk.
    per: {
      continuous: { env: undefined, default: undefined },
      watch: watch.DIR,
      profiler: profiler.DIR,
    },
  },
  overwrite: {
    type: 'boolean',
    calls: [...FILES, ...OUT_OF_MEMORY, ...CLASSES, 'signature', 'exportProfile'],
    default: false,
  },
  sidecar: { type: 'boolean', calls: [...FILES, ...OUT_OF_MEMORY, ...CLASSES], default: true },
  compression: {
    type: 'choice',
    values: ['gzip', 'zstd', 'none'],
    calls: [...EVERY, ...OUT_OF_MEMORY],
    env: 'RSPROF_COMPRESSION',
    default: 'gzip',
    // A stream's reader parses the bytes: its format must not change with the environment.
    per: { heapSnapshotStream: { default: 'none', env: undefined } },
  },
  level: { type: 'integer', min: 1, max: 19, calls: [...EVERY, ...OUT_OF_MEMORY] },
  signal: {
    type: 'signal',
    calls: [...EVERY, ...CLASSES, ...GC, ...ANALYSES, ...CONTINUOUS, ...WATCH],
  },
  reason: { type: 'string', calls: [...EVERY, ...CLASSES, ...GC] },
  onProgress: { type: 'function', calls: [...SNAPSHOTS, ...ANALYSES] },
  numericValues: { type: 'boolean', calls: [...SNAPSHOTS, ...OUT_OF_MEMORY], default: false },
  exposeInternals: { type: 'boolean', calls: [...SNAPSHOTS, ...OUT_OF_MEMORY], default: false },
  redact: {
    type: 'choice',
    values: [false, 'strings'],
    calls: [...SNAPSHOTS, ...OUT_OF_MEMORY],
    env: 'RSPROF_REDACT',
    default: false,
  },
  strategy: {
    type: 'choice',
    values: ['auto', 'fork', 'inline'],
    calls: SNAPSHOTS,
    env: 'RSPROF_STRATEGY',
    default: 'auto',
  },
  fallback: { type: 'boolean', calls: SNAPSHOTS, default: true },
  spill: { type: 'choice', values: ['auto', true, false], calls: SNAPSHOTS, default: 'auto' },
  force: { type: 'boolean', calls: SNAPSHOTS, default: false },
  stableIds: { type: 'boolean', calls: SNAPSHOTS, default: false },
  budget: {
    type: 'budget',
    calls: [...SNAPSHOTS, ...OUT_OF_MEMORY, ...CLASSES],
    default: () => ({ ...BUDGET }),
  },
  queue: { type: 'boolean', calls: [...SNAPSHOTS, ...CLASSES, 'heapProfile'], default: false },
  seconds: {
    type: 'number',
    min: 0.001,
    max: MAX_SECONDS,
    unit: 'seconds',
    calls: ['cpuProfile', 'heapProfile', 'gcProfile'],
    default: 10,
  },
  maxSeconds: {
    type: 'number',
    min: 0.001,
    max: MAX_SECONDS,
    unit: 'seconds',
    calls: [...CPU, ...HEAP, ...GC, ...PROFILER],
    // A longer `seconds` asked for is meant: the safety cap stays behind it.
    default: (settings) => Math.max(600, (settings.seconds ?? 0) + 60),
    per: { profiler: profiler.MAX_SECONDS },
  },
  interval: {
    type: 'integer',
    calls: [...CPU, ...HEAP, ...CONTINUOUS, ...WATCH],
    per: {
      watch: watch.INTERVAL,
      continuous: { ...continuous.CPU_INTERVAL, default: 10_000 },
      cpuProfile: { min: 50, max: 1_000_000, default: 1000, unit: 'microseconds' },
      startCpuProfile: { min: 50, max: 1_000_000, default: 1000, unit: 'microseconds' },
      heapProfile: { min: 1, max: 1_073_741_824, default: 524_288, unit: 'bytes' },
      startHeapProfile: { min: 1, max: 1_073_741_824, default: 524_288, unit: 'bytes' },
    },
  },
  maxSamples: { type: 'integer', min: 1, max: 50_000_000, calls: CPU, default: 1_000_000 },
  logging: { type: 'choice', values: ['eager', 'lazy'], calls: CPU, default: 'eager' },
  mode: { type: 'choice', values: ['leaf', 'caller'], calls: CPU, default: 'leaf' },
  title: { type: 'string', calls: CPU, default: '' },
  stackDepth: { type: 'integer', min: 1, max: 1024, unit: 'frames', calls: HEAP, default: 32 },
  includeCollected: {
    type: 'choice',
    values: [false, 'major', 'all'],
    calls: HEAP,
    default: false,
  },
  extension: {
    type: 'integer',
    min: 0,
    max: 2 ** 40,
    unit: 'bytes',
    calls: OUT_OF_MEMORY,
    default: 0,
  },
  analyze: { type: 'boolean', calls: ['heapSnapshot'], env: 'RSPROF_ANALYZE', default: false },
  top: {
    type: 'integer',
    min: 1,
    max: 1000,
    unit: 'rows',
    calls: ['analyze', 'diff'],
    default: 20,
  },
  sourceMaps: { type: 'boolean', calls: ['analyze', 'diff', 'exportProfile'], default: true },
  limit: { type: 'integer', min: 1, max: 100_000, unit: 'rows', calls: ['inspect'], default: 20 },
  out: { type: 'path', calls: ['signature', 'exportProfile'] },
  format: {
    type: 'choice',
    values: ['pprof', 'speedscope', 'folded', 'chrome', 'html'],
    calls: ['exportProfile'],
  },
  route: { type: 'function', calls: ['labelRequests'] },
  // Without a default: lib/out-of-memory.js looks whose death would end the child.
  wait: { type: 'number', min: 0, max: 3600, unit: 'seconds', calls: OUT_OF_MEMORY },
  ...continuous.ROWS,
  ...watch.ROWS,
  ...profiler.ROWS,
  // Not an option of a call: read through `fromEnvironment` by lib/backend.js.
  backend: { type: 'choice', values: ['native', 'inspector'], calls: [], env: 'RSPROF_BACKEND' },
});

/** The row of option `name` as `call` sees it. */
function rowFor(name, call) {
  const row = OPTIONS[name];
  return row.per?.[call] ? { ...row, ...row.per[call] } : row;
}

/** Names of the options that `call` takes. */
function optionNames(call) {
  return Object.keys(OPTIONS).filter((name) => OPTIONS[name].calls.includes(call));
}

function list(values) {
  return values.map((value) => inspect(value)).join(', ');
}

function shown(value) {
  return inspect(value, { depth: 0, maxStringLength: 100, breakLength: Infinity });
}

function range(row) {
  const unit = row.unit ? ` ${row.unit}` : '';
  return `from ${row.min} to ${row.max}${unit}`;
}

function isSignal(value) {
  return (
    value !== null &&
    typeof value === 'object' &&
    typeof value.aborted === 'boolean' &&
    typeof value.addEventListener === 'function' &&
    typeof value.removeEventListener === 'function'
  );
}

function isText(value) {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}

/** The path of a file: URL, or undefined for whatever is none. */
function pathOfUrl(value) {
  try {
    return value instanceof URL ? fileURLToPath(value) : undefined;
  } catch {
    return undefined;
  }
}

/** No budget is larger; in seconds this is beyond any age, in bytes beyond any memory. */
const MOST = 2 ** 50;

const isPositive = (value) =>
  value === undefined || (Number.isFinite(value) && value > 0 && value <= MOST);

function isBudget(value) {
  return (
    value !== null &&
    typeof value === 'object' &&
    Object.keys(value).every((name) => name in BUDGET && isPositive(value[name]))
  );
}

function inRange(value, row) {
  return value >= row.min && value <= row.max;
}

function isPlainObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** For each type: what it accepts, the text of what is allowed, and how the value is used. */
const TYPES = {
  ...continuous.TYPES,
  ...watch.TYPES,
  ...profiler.TYPES,
  group: {
    accepts: (value, row) => isPlainObject(value) || (row.switchable && typeof value === 'boolean'),
    allowed: ({ switchable, fields }) =>
      `${switchable ? 'true, false or ' : ''}an object with ${Object.keys(fields).join(', ')}`,
    convert: readGroup,
  },
  path: {
    accepts: (value) => isText(pathOfUrl(value) ?? value),
    allowed: () => 'a path: a non-empty string without null bytes, or a file: URL',
    convert: (value) => pathOfUrl(value) ?? value,
  },
  integer: {
    accepts: (value, row) => Number.isSafeInteger(value) && inRange(value, row),
    allowed: (row) => `an integer ${range(row)}`,
  },
  number: {
    accepts: (value, row) => Number.isFinite(value) && inRange(value, row),
    allowed: (row) => `a number ${range(row)}`,
  },
  boolean: { accepts: (value) => typeof value === 'boolean', allowed: () => 'true or false' },
  string: { accepts: (value) => typeof value === 'string', allowed: () => 'a string' },
  function: { accepts: (value) => typeof value === 'function', allowed: () => 'a function' },
  choice: {
    accepts: (value, row) => row.values.includes(value),
    allowed: (row) => `one of ${list(row.values)}`,
  },
  budget: {
    accepts: isBudget,
    allowed: () => 'an object of positive numbers: { seconds, memory (bytes), pauseSeconds }',
    convert: (value) => ({ ...BUDGET, ...value }),
  },
  signal: { accepts: isSignal, allowed: () => 'an AbortSignal' },
};

/**
 * Checks one value.
 *
 * @param {unknown} value
 * @param {object} row its type and range
 * @param {string} where it stands, for the message
 * @returns {unknown} as it is used
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG`
 */
function read(value, row, where) {
  const type = TYPES[row.type];
  if (!type.accepts(value, row)) {
    const got = row.secret ? `a value of type ${typeof value}` : shown(value);
    throw invalidArgument(`${where} must be ${type.allowed(row)}; got ${got}`);
  }
  return type.convert ? type.convert(value, row, where) : value;
}

/** An option that holds options; `where` ends in `option 'name' of call()`. */
function readGroup(value, { fields }, where) {
  if (value === false) return false;
  const given = value === true ? {} : value;
  for (const name of Object.keys(given)) {
    if (name in fields) continue;
    throw invalidArgument(`${where} has no '${name}'; it takes ${Object.keys(fields).join(', ')}`);
  }
  const group = {};
  for (const [name, row] of Object.entries(fields)) {
    const value = given[name];
    if (value === undefined && row.needed)
      throw invalidArgument(`${where} needs '${name}': ${TYPES[row.type].allowed(row)}`);
    group[name] = value === undefined ? row.default : read(value, row, `'${name}' in ${where}`);
  }
  return group;
}

/** `false` and `0` mean false where false is a choice, and `true` and `1` mean true of a boolean. */
function parseVariable(text, row) {
  const isBoolean = row.type === 'boolean';
  if ((text === 'false' || text === '0') && (isBoolean || row.values?.includes(false)))
    return false;
  return isBoolean && (text === 'true' || text === '1') ? true : text;
}

/**
 * The value an option has from the environment.
 *
 * @param {string} name of the option
 * @param {string} [call] the call whose row counts
 * @returns {unknown} undefined where its variable is unset or empty
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG` naming the variable
 */
function fromEnvironment(name, call) {
  const row = rowFor(name, call);
  const text = row.env && process.env[row.env];
  if (!text) return undefined;
  return read(parseVariable(text, row), row, `the environment variable ${row.env}`);
}

/**
 * @param {unknown} value a path or a file: URL
 * @param {string} where it stands, such as `the first argument of analyze()`
 * @returns {string}
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG`
 */
function readPath(value, where) {
  return read(value, { type: 'path' }, where);
}

function checkObject(call, options) {
  if (options === undefined) return {};
  if (options !== null && typeof options === 'object' && !Array.isArray(options)) return options;
  const file = optionNames(call).find((name) => name === 'path' || name === 'out');
  const hint =
    typeof options === 'string' && file
      ? `; a file name is given as { ${file}: ${shown(options)} }`
      : '';
  throw invalidArgument(`the options of ${call}() must be an object; got ${shown(options)}${hint}`);
}

function checkNames(call, options) {
  const names = optionNames(call);
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw invalidArgument(`${call}() has no option '${name}'; it takes ${names.join(', ')}`);
  }
}

/** The compression that the extension of `path` stands for, or undefined. */
function compressionOfPath(path) {
  if (path.endsWith('.gz')) return 'gzip';
  if (path.endsWith('.zst')) return 'zstd';
  return /\.(heapsnapshot|cpuprofile|heapprofile)$/.test(path) ? 'none' : undefined;
}

function fallback(name, call, settings) {
  if (name === 'compression' && settings.path !== undefined) {
    const compression = compressionOfPath(settings.path);
    if (compression) return compression;
  }
  const value = fromEnvironment(name, call);
  if (value !== undefined) return value;
  const row = rowFor(name, call);
  if (row.type === 'group' && row.default) return readGroup(row.default, row, name);
  return typeof row.default === 'function' ? row.default(settings) : row.default;
}

function checkTogether(call, given, settings) {
  if (given.path !== undefined && given.dir !== undefined) {
    throw invalidArgument(`${call}() takes path or dir, not both`);
  }
  const levels = LEVELS[settings.compression];
  if (!levels) return;
  settings.level ??= levels.default;
  if (settings.level > levels.max) {
    const allowed = `an integer ${range(levels)} with compression '${settings.compression}'`;
    throw invalidArgument(`option 'level' of ${call}() must be ${allowed}; got ${settings.level}`);
  }
}

/**
 * Checks the options of one call and fills in what was left out. Every option is read once.
 *
 * @param {string} call name of the public function, such as `heapSnapshot`
 * @param {object|undefined} options what the user passed; own properties count, undefined is "not given"
 * @returns {object} every option of the call with its value (undefined where it has no default)
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG` naming the option and what is allowed
 */
function resolveOptions(call, options) {
  const object = checkObject(call, options);
  checkNames(call, object);
  const given = {};
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (value !== undefined)
      given[name] = read(value, rowFor(name, call), `option '${name}' of ${call}()`);
  }
  const settings = {};
  for (const name of optionNames(call)) {
    settings[name] = name in given ? given[name] : fallback(name, call, settings);
  }
  checkTogether(call, given, settings);
  return settings;
}

module.exports = {
  EXTENSIONS,
  OPTIONS,
  fromEnvironment,
  optionNames,
  readPath,
  readValue: read,
  resolveOptions,
  rowFor,
};
