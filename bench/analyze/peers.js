'use strict';

// The peers from the registry, each in a folder of its own in .cache/bench-peers, without their
// install scripts (one would download a browser). DevTools' worker comes as the tests have it.

const fs = require('node:fs');
const path = require('node:path');

const { ensureWorkerBundle } = require('../../__test__/devtools/worker-bundle.js');
const { must, root } = require('../../scripts/support/run.js');

const PACKAGES = {
  memlab: ['@memlab/core', '2.0.5'],
  toolkit: ['heap-snapshot-toolkit', '1.1.3'],
  'v8-heap-parser': ['@vscode/v8-heap-parser', '0.1.0'],
};

/** `{ devtools: { folder } | { why }, … }`: where each wanted peer is, or why it is not. */
async function installPeers(wanted, log) {
  const found = {};
  for (const name of wanted) {
    try {
      found[name] = { folder: await install(name, log) };
    } catch (error) {
      found[name] = { why: `${name} does not install: ${lastLine(error.message)}` };
    }
  }
  return found;
}

async function install(name, log) {
  if (name === 'devtools') return ensureWorkerBundle(log);
  if (!(name in PACKAGES)) throw new Error('there is no such peer');
  const [packageName, version] = PACKAGES[name];
  const home = path.join(root, '.cache', 'bench-peers', `${name}-${version}`);
  const folder = path.join(home, 'node_modules', packageName);
  if (versionIn(folder) === version) return folder;
  log(`installing ${packageName}@${version}`);
  fs.mkdirSync(home, { recursive: true });
  const options = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'];
  const args = ['install', `--prefix=${home}`, ...options, `${packageName}@${version}`];
  await must(`installing ${packageName}`, 'npm', args);
  return folder;
}

function versionIn(folder) {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}

const lastLine = (text) => text.trimEnd().split('\n').at(-1).slice(0, 200);

module.exports = { installPeers };
