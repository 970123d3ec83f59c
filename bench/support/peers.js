'use strict';

// The peers from the registry, installed into .cache/bench for the Node that runs the benchmark.

const fs = require('node:fs');
const path = require('node:path');

const { root, run, tail } = require('../../scripts/support/run.js');

const PEERS = {
  heapdump: '0.3.15',
  'v8-profiler-next': '1.10.0',
  '@datadog/pprof': '5.20.0',
};

/** `{ heapdump: { folder } | { why }, ... }`: where each peer is, or why it is not. */
async function installPeers(log) {
  const found = {};
  for (const [name, version] of Object.entries(PEERS)) {
    const home = path.join(
      root,
      '.cache',
      'bench',
      `${process.version}-${name.replace('/', '-')}-${version}`,
    );
    const folder = path.join(home, 'node_modules', name);
    if (!works(folder)) {
      log(`installing ${name}@${version} (it is compiled for Node ${process.version})`);
      fs.mkdirSync(home, { recursive: true });
      fs.writeFileSync(path.join(home, 'package.json'), '{ "private": true }');
      const { output } = await run(
        'npm',
        ['install', '--no-audit', '--no-fund', `${name}@${version}`],
        {
          cwd: home,
          env: compilerEnvironment(),
        },
      );
      fs.writeFileSync(path.join(home, 'install.log'), output);
      if (!works(folder)) {
        found[name] = { why: `${name}@${version} does not install: ${reason(output)}` };
        continue;
      }
    }
    found[name] = { folder };
  }
  return found;
}

/** The headers of the running Node, where it came with them: nothing is downloaded then. */
function compilerEnvironment() {
  const home = path.join(path.dirname(process.execPath), '..');
  const packaged = path.join(root, '.cache', 'node', process.versions.node, 'node_modules');
  const platform = `node-${process.platform}-${process.arch}`;
  const candidates = [path.join(packaged, platform), home];
  const nodedir = candidates.find((dir) => fs.existsSync(path.join(dir, 'include/node/v8.h')));
  return nodedir ? { npm_config_nodedir: nodedir, npm_config_build_from_source: 'true' } : {};
}

function works(folder) {
  if (!fs.existsSync(folder)) return false;
  try {
    require('node:child_process').execFileSync(
      process.execPath,
      ['-e', `require(${JSON.stringify(folder)})`],
      {
        stdio: 'ignore',
      },
    );
    return true;
  } catch {
    return false;
  }
}

function reason(output) {
  const line = output
    .split('\n')
    .find((text) => /error/i.test(text) && !/^npm (error|ERR!) (code|path|command)/.test(text));
  return (line ?? tail(output, 1)).trim().slice(0, 120);
}

module.exports = { installPeers };
