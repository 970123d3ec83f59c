'use strict';

/**
 * Which backend serves this thread, and why. Decided at the first capture (or the first question),
 * then kept: RSPROF_BACKEND is read once.
 *
 * A backend is `{ name, takeSnapshot(request), startCpuProfile(request), startHeapProfile(request) }`; one
 * that cannot compress in every way has a `checkCompression(compression)` that throws UNSUPPORTED.
 *
 * @module
 */

const { RsprofError, rootCause } = require('./errors.js');
const { fromEnvironment } = require('./options.js');

/** Build settings of V8 that change its layouts: the addon was never tested with them. */
const FOREIGN_BUILDS = ['v8_enable_pointer_compression', 'v8_enable_sandbox'];

const GRANTS =
  'under --permission grant --allow-addons (native) or --allow-inspector (inspector), ' +
  'and --allow-fs-write=DIR with --allow-fs-read=DIR for the files';

function firstLine(error) {
  return String(error?.message ?? error)
    .split('\n', 1)[0]
    .replace(/\.$/, '');
}

function foreignBuild() {
  return FOREIGN_BUILDS.find((name) => Number(process.config?.variables?.[name]));
}

/** Loads the native backend: `{ backend, reason }`, without `backend` where it cannot serve. */
function loadNative(forced) {
  const foreign = foreignBuild();
  if (foreign)
    return {
      reason: `this Node was built with ${foreign}, which the native backend does not know`,
    };
  try {
    const backend = require('./native-backend.js');
    const { supported, reason } = backend.probe(forced);
    return supported ? { backend, reason } : { reason };
  } catch (error) {
    return { reason: `the native addon does not load: ${firstLine(rootCause(error))}` };
  }
}

/** Loads the backend on node:v8 and node:inspector, in the same form. */
function loadInspector() {
  try {
    const backend = require('./inspector-backend.js');
    const { ok, reason } = backend.available();
    return ok ? { backend, reason } : { reason };
  } catch (error) {
    return { reason: `the inspector backend does not load: ${firstLine(error)}` };
  }
}

function unavailable(...reasons) {
  const message = `no backend of rsprof works here: ${reasons.join('; ')}; ${GRANTS}`;
  return new RsprofError('ERR_RSPROF_UNAVAILABLE', message);
}

function choose() {
  const forced = fromEnvironment('backend');
  const native = forced === 'inspector' ? undefined : loadNative(forced === 'native');
  if (native?.backend) return { backend: native.backend, reason: native.reason };
  if (forced === 'native') throw unavailable(`RSPROF_BACKEND=native, but ${native.reason}`);
  const inspector = loadInspector();
  const why = native?.reason ?? 'RSPROF_BACKEND=inspector';
  if (!inspector.backend) throw unavailable(why, inspector.reason);
  return { backend: inspector.backend, reason: `${why}; ${inspector.reason}` };
}

let choice;

/**
 * The backend of this thread. Its first call loads the addon.
 *
 * @returns {object}
 * @throws {RsprofError} UNAVAILABLE; INVALID_ARG for an unknown RSPROF_BACKEND
 */
function current() {
  choice ??= choose();
  return choice.backend;
}

/**
 * The backend that serves this thread, and why that one.
 *
 * @returns {{ name: 'native'|'inspector', reason: string, v8: string, node: string }}
 * @throws {RsprofError} UNAVAILABLE; INVALID_ARG for an unknown RSPROF_BACKEND
 */
function describe() {
  const { name } = current();
  return { name, reason: choice.reason, v8: process.versions.v8, node: process.versions.node };
}

/**
 * @returns {object|undefined} the addon, where it is the back end: for what is no capture
 * @throws {RsprofError} as {@link current}
 */
function addonInUse() {
  return current().name === 'native' ? require('../native/index.js') : undefined;
}

module.exports = { addonInUse, current, describe };
