'use strict';

/**
 * A process of our own beside this one, for work that neither its heap nor its event loop shall feel: at
 * the lowest priority, the first that the kernel ends when memory is short, with none of this process's
 * options.
 *
 * @module
 */

const childProcess = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const { RsprofError } = require('./errors.js');

/** What is kept of the child's complaints, for a message. */
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
    // A courtesy to this process: where the system refuses it, the work goes on without.
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

/** @returns {RsprofError} `ERR_RSPROF_FORK` for the `error` event of a child */
function notStarted(error) {
  const message = `rsprof cannot start a process for the analysis: ${error.message}`;
  return new RsprofError('ERR_RSPROF_FORK', message, { cause: error });
}

/**
 * @param {string[]} words script and arguments
 * @param {string[]} stdio
 * @returns {import('node:child_process').ChildProcess}
 * @throws {RsprofError} ACCESS, FORK
 */
function spawnQuietly(words, stdio) {
  let child;
  try {
    const options = { env: childEnvironment(), stdio, windowsHide: true };
    child = childProcess.spawn(process.execPath, words, options);
  } catch (error) {
    throw error.code === 'ERR_ACCESS_DENIED' ? denied(error) : notStarted(error);
  }
  if (child.pid !== undefined) stepBack(child.pid);
  return child;
}

/** The line of a child's complaints that says most: that of the error, where Node has printed one. */
function lastWords(complaint) {
  const lines = complaint.split('\n').filter((line) => line.trim() !== '');
  return lines.filter((line) => /^\w*Error\b/.test(line)).at(-1) ?? lines.at(-1) ?? '';
}

/**
 * Collects what a child writes to standard error.
 *
 * @param {import('node:stream').Readable} stderr
 * @returns {() => string} the end of it
 */
function followComplaints(stderr) {
  let complaint = '';
  stderr.setEncoding('utf8').on('data', (text) => {
    complaint = (complaint + text).slice(-MAX_COMPLAINT);
  });
  return () => complaint;
}

/**
 * @param {{ code: number|null, signal: string|null, complaint: string }} end of a child
 * @returns {string} `was ended by SIGKILL`, with its last words where it left some
 */
function describeEnd({ code, signal, complaint }) {
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
  const last = lastWords(complaint);
  return `${how}${last ? `: ${last}` : ''}`;
}

module.exports = { describeEnd, followComplaints, notStarted, spawnQuietly };
