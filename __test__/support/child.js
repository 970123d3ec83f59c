'use strict';

const { spawn } = require('node:child_process');

const { root } = require('./env.js');

const DEFAULT_TIMEOUT_MS = 120_000;

/** Put before every script: the package under test by name. */
const PREAMBLE = `const rsprof = require(${JSON.stringify(root)});\n`;

/**
 * Arguments of Node with which V8 compiles no function into its caller: newer versions charge such a one to
 * the caller, so that a profile cannot tell it.
 */
const NO_INLINING = ['--no-turbo-inlining'];
if (Number(process.versions.node.split('.')[0]) >= 20) NO_INLINING.push('--no-maglev-inlining');

/**
 * Starts this Node in a child process on a script (CommonJS text; `rsprof` is at hand) or a file.
 * Gives the child at once; `child.finished` is the promise of `{ code, signal, stdout, stderr }`.
 */
function startNode(script, options = {}) {
  const { file, args = [], nodeArgs = [], env = {}, cwd, preamble = PREAMBLE, ...rest } = options;
  const what = file ? [file] : ['-e', preamble + script];
  const child = spawn(process.execPath, [...nodeArgs, ...what, ...args], {
    cwd,
    env: cleanEnv(env),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...rest,
  });
  child.finished = finish(child, options.timeout ?? DEFAULT_TIMEOUT_MS);
  return child;
}

/** A function of a script that burns the CPU: so many turns, not so many milliseconds, whatever else the machine does. */
const BURN = `const burn = (amount) => {
  let sum = 0;
  for (let i = 0; i < amount * 400_000; i++) sum += Math.sqrt(i);
  return sum;
};`;

/** The environment of this process less what node:test adds to its own children. */
function cleanEnv(extra) {
  const env = { ...process.env, ...extra };
  delete env.NODE_TEST_CONTEXT;
  for (const [name, value] of Object.entries(env)) if (value === undefined) delete env[name];
  return env;
}

function finish(child, timeout) {
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name]?.setEncoding('utf8').on('data', (chunk) => {
      text[name] += chunk;
    });
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeout);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, timedOut, ...text });
    });
  });
}

/** Runs a script to its end; a child that does not exit with 0 is an error that shows its output. */
async function runNode(script, options = {}) {
  const result = await startNode(script, options).finished;
  if (result.code !== 0) {
    throw new Error(
      `child ended with ${result.timedOut ? 'a time-out' : (result.signal ?? result.code)}\n` +
        `${result.stdout}\n${result.stderr}`,
    );
  }
  return result;
}

/** As runNode, and parses the last line that the script printed as JSON. */
async function runForJson(script, options) {
  const { stdout } = await runNode(script, options);
  const line = stdout.trimEnd().split('\n').at(-1);
  return JSON.parse(line);
}

/** The next IPC message of a child, or an error when it ends first. */
function nextMessage(child) {
  return new Promise((resolve, reject) => {
    const onExit = (code, signal) => reject(new Error(`child ended first: ${signal ?? code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message);
    });
  });
}

module.exports = { BURN, NO_INLINING, startNode, runNode, runForJson, nextMessage };
