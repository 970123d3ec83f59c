'use strict';

const path = require('node:path');

const { root } = require('../support/env.js');
const { startNode } = require('../support/child.js');

const CLI = path.join(root, 'bin', 'rsprof.js');

/** What would change the output: a run of the tests may be coloured, or in CI. */
const NEUTRAL = { FORCE_COLOR: undefined, NO_COLOR: undefined, CI: undefined };

/** Starts the command line; `child.finished` is the promise of `{ code, signal, stdout, stderr }`. */
function startCli(args, { env, ...options } = {}) {
  const stdio = ['ignore', 'pipe', 'pipe'];
  return startNode('', { file: CLI, args, env: { ...NEUTRAL, ...env }, stdio, ...options });
}

/** Runs the command line to its end. */
function cli(...args) {
  return startCli(args).finished;
}

/** Runs it, expects success, gives what it printed as JSON. */
async function cliJson(...args) {
  const { code, stdout, stderr } = await cli(...args, '--json');
  if (code !== 0) throw new Error(`exit code ${code}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout);
}

module.exports = { CLI, cli, cliJson, startCli };
