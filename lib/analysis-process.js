'use strict';

/**
 * The analysis of finished files in a process of its own, so that neither the heap nor the event loop of
 * the server feels it: of `heapSnapshot({ analyze: true })`, and of the actions of rules. It runs at the
 * lowest priority, is the first that the kernel ends when memory is short, and ends with this process.
 *
 * @module
 */

const path = require('node:path');
const { aborted } = require('./analysis-engine.js');
const { onAbort } = require('./abort.js');
const { CODES, RsprofError } = require('./errors.js');
const { onExit } = require('./exit.js');
const { describeEnd, followComplaints, notStarted, spawnQuietly } = require('./quiet-process.js');

const CLI = path.join(__dirname, '..', 'bin', 'rsprof.js');

/** A report is some ten thousand bytes; whatever is far beyond that is none. */
const MAX_OUTPUT = 64 << 20;

/** What each command of the child answers with. */
const KINDS = Object.freeze({
  analyze: ['heapSnapshot', 'cpuProfile', 'heapProfile'],
  diff: ['heapDiff', 'cpuProfileDiff', 'heapProfileDiff'],
});

/** setTimeout() takes what is longer for 1. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The channel tells the child when this thread or process is gone. */
const start = (command, files) =>
  spawnQuietly([CLI, command, ...files, '--json'], ['ignore', 'pipe', 'pipe', 'ipc']);

/** What the child has written when it is gone: `{ code, signal, output, complaint }`. */
function finish(child, kill) {
  let output = '';
  const complaint = followComplaints(child.stderr);
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    if (output.length > MAX_OUTPUT) kill();
  });
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(notStarted(error)));
    child.on('close', (code, signal) => resolve({ code, signal, output, complaint: complaint() }));
  });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The report, or what the child says went wrong. */
function readAnswer(command, end) {
  const answer = parse(end.output);
  if (KINDS[command].includes(answer?.kind)) return answer;
  if (CODES.includes(answer?.error?.code)) {
    throw new RsprofError(answer.error.code, String(answer.error.message));
  }
  const message = `the process of the analysis ${describeEnd(end)}`;
  throw new RsprofError('ERR_RSPROF_FORK', `${message}; try npx rsprof ${command}`);
}

function overBudget(seconds) {
  const message = `rsprof ended the analysis after ${seconds} s, as budget.seconds says`;
  return new RsprofError('ERR_RSPROF_BUDGET', message);
}

/**
 * Runs a command of `npx rsprof` over files.
 *
 * @param {'analyze'|'diff'} command
 * @param {string[]} files absolute paths
 * @param {object} limits
 * @param {AbortSignal} [limits.signal] ends the child
 * @param {number} [limits.seconds] after which the child is ended
 * @returns {Promise<object>} what it answers as JSON
 */
async function runInProcess(command, files, { signal, seconds = Infinity }) {
  if (signal?.aborted) throw aborted(signal);
  const child = start(command, files);
  let timedOut = false;
  const kill = () => child.kill('SIGKILL');
  const timeout = setTimeout(
    () => {
      timedOut = true;
      kill();
    },
    Math.min(seconds * 1000, MAX_TIMEOUT_MS),
  );
  const forget = [onAbort(signal, kill), onExit(kill), () => clearTimeout(timeout)];
  try {
    const end = await finish(child, kill);
    if (signal?.aborted) throw aborted(signal);
    if (timedOut) throw overBudget(seconds);
    return readAnswer(command, end);
  } finally {
    for (const act of forget) act();
  }
}

/**
 * @param {string} file a finished capture
 * @param {object} limits `signal` ends the child, `seconds` is after which it is ended
 * @returns {Promise<object>} the report of `analyze()`
 * @throws {RsprofError} ABORTED, BUDGET, ACCESS, FORK, or what the analysis failed of
 */
function analyzeInProcess(file, limits) {
  return runInProcess('analyze', [file], limits);
}

/**
 * @param {string} before the older capture
 * @param {string} after another one of its kind
 * @param {object} limits as of {@link analyzeInProcess}
 * @returns {Promise<object>} what `diff()` gives
 * @throws {RsprofError} as {@link analyzeInProcess}
 */
function diffInProcess(before, after, limits) {
  return runInProcess('diff', [before, after], limits);
}

/**
 * A capture's result with the analysis of its file. The file stays, whatever becomes of the analysis.
 *
 * @param {{ path: string }} result of the capture
 * @param {{ signal?: AbortSignal, budget: { seconds: number } }} settings
 * @returns {Promise<object>} with `analysis`; with `analysisError` where that is null
 */
async function withAnalysis(result, { signal, budget }) {
  try {
    const { seconds } = budget;
    return { ...result, analysis: await analyzeInProcess(result.path, { signal, seconds }) };
  } catch (analysisError) {
    return { ...result, analysis: null, analysisError };
  }
}

module.exports = { analyzeInProcess, diffInProcess, withAnalysis };
