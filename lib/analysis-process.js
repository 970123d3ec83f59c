'use strict';

/**
 * `heapSnapshot({ analyze: true })`: the analysis of a finished file in a process of its own, so that
 * neither the heap nor the event loop of the server feels it. It runs at the lowest priority, is the
 * first that the kernel ends when memory is short, and ends with this process.
 *
 * @module
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { aborted } = require('./analysis-engine.js');
const { onAbort } = require('./abort.js');
const { CODES, RsprofError } = require('./errors.js');
const { onExit } = require('./exit.js');

const CLI = path.join(__dirname, '..', 'bin', 'rsprof.js');

/** A report is some ten thousand bytes; whatever is far beyond that is none. */
const MAX_OUTPUT = 64 << 20;

/** setTimeout() takes what is longer for 1. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** What is kept of the child's complaints, for the message. */
const MAX_COMPLAINT = 4096;

/** Of Node (`NODE_OPTIONS` may open an inspector or load an agent) and of rsprof: not for the child. */
const NOT_INHERITED = /^(NODE|RSPROF)_/;

function childEnvironment() {
  const entries = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
  return Object.fromEntries(entries);
}

function quietly(act) {
  try {
    act();
  } catch {
    // A courtesy to this process: where the system refuses it, the analysis goes on without.
  }
}

function stepBack(pid) {
  quietly(() => os.setPriority(pid, os.constants.priority.PRIORITY_LOW));
  quietly(() => fs.writeFileSync(`/proc/${pid}/oom_score_adj`, '1000'));
}

function denied(error) {
  const message =
    "rsprof cannot start a process for the analysis: Node's permission model denies it; " +
    'start node with --allow-child-process, or analyse the file elsewhere: npx rsprof analyze FILE';
  return new RsprofError('ERR_RSPROF_ACCESS', message, { cause: error });
}

function notStarted(error) {
  const message = `rsprof cannot start a process for the analysis: ${error.message}`;
  return new RsprofError('ERR_RSPROF_FORK', message, { cause: error });
}

/** The channel tells the child when this thread or process is gone. */
function start(file) {
  try {
    return spawn(process.execPath, [CLI, 'analyze', file, '--json'], {
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      windowsHide: true,
    });
  } catch (error) {
    throw error.code === 'ERR_ACCESS_DENIED' ? denied(error) : notStarted(error);
  }
}

/** What the child has written when it is gone: `{ code, signal, output, complaint }`. */
function finish(child, kill) {
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    if (output.length > MAX_OUTPUT) kill();
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaint = (complaint + text).slice(-MAX_COMPLAINT);
  });
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(notStarted(error)));
    child.on('close', (code, signal) => resolve({ code, signal, output, complaint }));
  });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The line of a child's complaints that says most: that of the error, where Node has printed one. */
function lastWords(complaint) {
  const lines = complaint.split('\n').filter((line) => line.trim() !== '');
  return lines.filter((line) => /^\w*Error\b/.test(line)).at(-1) ?? lines.at(-1) ?? '';
}

/** The report, or what the child says went wrong. */
function readAnswer({ code, signal, output, complaint }) {
  const answer = parse(output);
  if (answer?.kind === 'heapSnapshot') return answer;
  if (CODES.includes(answer?.error?.code)) {
    throw new RsprofError(answer.error.code, String(answer.error.message));
  }
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
  const last = lastWords(complaint);
  const message = `the process of the analysis ${how}${last ? `: ${last}` : ''}`;
  throw new RsprofError('ERR_RSPROF_FORK', `${message}; try npx rsprof analyze FILE`);
}

function overBudget(seconds) {
  const message = `rsprof ended the analysis after ${seconds} s, as budget.seconds says`;
  return new RsprofError('ERR_RSPROF_BUDGET', message);
}

/**
 * @param {string} file a finished heap snapshot
 * @param {object} limits
 * @param {AbortSignal} [limits.signal] ends the child
 * @param {number} limits.seconds after which the child is ended
 * @returns {Promise<object>} the report
 * @throws {RsprofError} ABORTED, BUDGET, ACCESS, FORK, or what the analysis failed of
 */
async function analyzeInProcess(file, { signal, seconds }) {
  if (signal?.aborted) throw aborted(signal);
  const child = start(file);
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
  if (child.pid !== undefined) stepBack(child.pid);
  try {
    const end = await finish(child, kill);
    if (signal?.aborted) throw aborted(signal);
    if (timedOut) throw overBudget(seconds);
    return readAnswer(end);
  } finally {
    for (const act of forget) act();
  }
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

module.exports = { analyzeInProcess, withAnalysis };
