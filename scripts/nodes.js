'use strict';

// The Node versions that the tests run on: the last of each supported line, as published in the
// registry's `node-<platform>-<arch>` packages. They live in .cache/node/<version>, fetched once.

const fs = require('node:fs');
const path = require('node:path');

const { cache, fetchPackage } = require('./support/fetch.js');
const { must } = require('./support/run.js');

const VERSIONS = ['18.20.8', '20.20.2', '22.23.3', '24.21.0', '25.9.0', '26.10.0'];
const PACKAGED = new Set(['linux-x64', 'linux-arm64']);

/**
 * `[{ version, node }]` of every line, fetched where missing. On a platform that has no such
 * packages it is the running Node alone, and `log` is told so.
 */
async function ensureNodes(log = console.log) {
  const platform = `${process.platform}-${process.arch}`;
  if (!PACKAGED.has(platform)) {
    log(`no packaged Node binaries for ${platform}: testing on ${process.version} alone`);
    return [{ version: process.versions.node, node: process.execPath }];
  }
  const found = [];
  for (const version of VERSIONS) {
    found.push({ version, node: await ensureNode(version, `node-${platform}`, log) });
  }
  return found;
}

async function ensureNode(version, packageName, log) {
  const node = path.join(cache, 'node', version, 'node_modules', packageName, 'bin', 'node');
  if (fs.existsSync(node)) return node;
  log(`fetching ${packageName}@${version}`);
  await fetchPackage(`${packageName}@${version}`, path.join('node', version));
  await must(`starting Node ${version}`, node, ['--version']);
  return node;
}

module.exports = { ensureNodes, VERSIONS };

if (require.main === module) {
  ensureNodes().then(
    (nodes) => {
      for (const { version, node } of nodes) console.log(`${version}  ${node}`);
    },
    (error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
}
