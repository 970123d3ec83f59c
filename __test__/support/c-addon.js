'use strict';

// Builds the addons (and libraries to preload) in C of this folder for the Node that runs the tests.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const FLAGS = ['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-Werror'];

/** The headers that come with this very Node. */
function headers() {
  const folder = path.resolve(path.dirname(process.execPath), '..', 'include', 'node');
  if (fs.existsSync(path.join(folder, 'node_api.h'))) return folder;
  throw new Error(`no headers of Node in ${folder}: run npm test, which fetches them`);
}

/** Compiles `<name>.c` into `dir`; gives the addon's path. */
function buildAddon(dir, name) {
  const target = path.join(dir, `${name}.node`);
  const source = path.join(__dirname, `${name}.c`);
  execFileSync('gcc', [...FLAGS, '-I', headers(), '-o', target, source], { stdio: 'pipe' });
  return target;
}

module.exports = { buildAddon };
