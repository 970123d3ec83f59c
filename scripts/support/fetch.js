'use strict';

// Packages that only some tests need, kept beside the project in .cache and fetched once.

const fs = require('node:fs');
const path = require('node:path');

const { must, root } = require('./run.js');

const cache = path.join(root, '.cache');

/**
 * Installs the package `name@version` into `folder` of the cache. `finish(temporary)` completes what
 * the package is not yet; an interrupted fetch never looks whole.
 */
async function fetchPackage(spec, folder, finish = () => {}) {
  const target = path.join(cache, folder);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  const temporary = fs.mkdtempSync(path.join(path.dirname(target), '.fetch-'));
  try {
    await must(`fetching ${spec}`, 'npm', [
      'install',
      `--prefix=${temporary}`,
      '--no-save',
      '--no-package-lock',
      '--no-audit',
      '--no-fund',
      spec,
    ]);
    await finish(temporary);
    moveInto(temporary, target);
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}

/** By a rename; another run may have been faster. */
function moveInto(temporary, target) {
  try {
    fs.renameSync(temporary, target);
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  }
}

module.exports = { cache, fetchPackage };
