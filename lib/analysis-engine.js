'use strict';

/**
 * One analysis by the addon: loaded, followed, aborted, its outcome unwrapped. It needs nothing of V8,
 * so it serves beside either back end.
 *
 * @module
 */

const { getSystemErrorName } = require('node:util');
const { onAbort } = require('./abort.js');
const { CODES, RsprofError, rootCause, toRsprofError } = require('./errors.js');
const { onExit } = require('./exit.js');
const { readError } = require('./heap-file.js');
const { Reporter } = require('./progress.js');

const ADVICE =
  'analyse the file with npx rsprof on Linux x64 or arm64; under --permission grant --allow-addons';

/** A day: longer than any analysis. */
const FAR_MS = 86_400_000;

function unsupported(why, cause) {
  const message = `rsprof cannot analyse here: ${why}; ${ADVICE}`;
  return new RsprofError('ERR_RSPROF_UNSUPPORTED', message, cause ? { cause } : {});
}

/** @returns {object} the addon, with the exports of analyses */
function loadAddon() {
  let addon;
  try {
    addon = require('../native/index.js');
  } catch (error) {
    const line = String(rootCause(error)?.message).split('\n', 1)[0].replace(/\.$/, '');
    throw unsupported(`the native addon does not load: ${line}`, error);
  }
  if (typeof addon.analyzeHeap === 'function') return addon;
  throw unsupported('the native addon is older than this package (reinstall rsprof)');
}

/** @returns {RsprofError} `ERR_RSPROF_ABORTED`, with the signal's reason as cause */
function aborted(signal) {
  const { reason } = signal;
  if (reason instanceof RsprofError && reason.code === 'ERR_RSPROF_ABORTED') return reason;
  const message = 'rsprof ended the analysis because it was aborted';
  return new RsprofError('ERR_RSPROF_ABORTED', message, { cause: reason });
}

/** An error of the addon. Where it names a system error, code and advice are that one's. */
function fromOutcome({ code, message, errno }, toError) {
  const own = CODES.includes(code) ? code : 'ERR_RSPROF_INTERNAL';
  if (!(Number.isInteger(errno) && errno > 0)) return new RsprofError(own, message);
  const system = getSystemErrorName(-errno);
  return toError(Object.assign(new Error(message), { code: system, errno: -errno }));
}

/**
 * What the user is told of the progress: forward only, and 100 % at the end of a success.
 *
 * @param {((progress: { phase: string, percent: number }) => void)|undefined} callback
 */
function follow(callback) {
  if (!callback) return { report: null, finish() {} };
  const reporter = new Reporter(callback);
  let ended = false;
  let most = 0;
  const report = ({ phase, percent }) => {
    if (ended) return;
    most = Math.max(most, Math.min(100, percent));
    reporter.report({ phase, percent: most });
  };
  // What the addon's thread has queued may still arrive after the end.
  const finish = (succeeded) => {
    if (succeeded && !ended) reporter.report({ phase: 'done', percent: 100 });
    ended = true;
  };
  return { report, finish };
}

/** Waits for `analysis`; the event loop goes on meanwhile, and does not end before it. */
async function settle(analysis, signal) {
  const keepAlive = setInterval(() => {}, FAR_MS);
  const forget = [onAbort(signal, () => analysis.cancel()), onExit(() => analysis.cancel())];
  try {
    return await analysis.done;
  } finally {
    clearInterval(keepAlive);
    for (const end of forget) end();
  }
}

/**
 * Runs the steps of an analysis, one after the other.
 *
 * @param {object} how
 * @param {string} how.file what is read, for messages
 * @param {{ signal?: AbortSignal, onProgress?: Function }} how.settings
 * @param {(run: (start: (addon: object, onProgress: Function|null) =>
 *   { done: Promise<object>, cancel(): void }) => Promise<string>) => Promise<any>} work `run` starts a
 *   step and gives the text of its answer; a second argument makes an error of a system error that is not one
 *   of reading `file`
 * @returns {Promise<any>} what `work` gives
 * @throws {RsprofError} UNSUPPORTED, ABORTED, INVALID_SNAPSHOT, INVALID_PROFILE and others of the engine
 */
async function withEngine({ file, settings }, work) {
  const { signal, onProgress } = settings;
  const addon = loadAddon();
  const progress = follow(onProgress);
  const run = async (start, toError = (error) => readError(error, file)) => {
    if (signal?.aborted) throw aborted(signal);
    const { ok, error } = await settle(start(addon, progress.report), signal);
    if (error && signal?.aborted) throw aborted(signal);
    if (error) throw fromOutcome(error, toError);
    return ok;
  };
  let succeeded = false;
  try {
    const result = await work(run);
    succeeded = true;
    return result;
  } catch (error) {
    // What reads sources between two steps throws the bare reason.
    const wasAborted = signal?.aborted && error === signal.reason;
    throw wasAborted ? aborted(signal) : toRsprofError(error, `analyse ${file}`);
  } finally {
    progress.finish(succeeded);
  }
}

/** An analysis of one step, `how.start`; see {@link withEngine}. */
function runAnalysis(how) {
  return withEngine(how, (run) => run(how.start));
}

module.exports = { aborted, runAnalysis, withEngine };
