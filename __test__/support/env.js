'use strict';

// What this run of the tests is made on. The runner starts the same files once per Node version and
// back end; a test that is right on some of them only asserts what the others do instead.

const path = require('node:path');
const zlib = require('node:zlib');

const [nodeMajor, nodeMinor] = process.versions.node.split('.').map(Number);

/** The back end that is asked for: `native` unless the runner forces the other. */
const backend = process.env.RSPROF_BACKEND || 'native';

module.exports = {
  root: path.join(__dirname, '..', '..'),
  nodeMajor,
  nodeMinor,
  backend,
  isNative: backend === 'native',
  /** `node:zlib` knows zstd from Node 22.15 and 23.8 on. */
  zlibHasZstd: typeof zlib.zstdCompressSync === 'function',
  /** The flag that switches Node's permission model on; undefined where there is none. */
  permissionFlag:
    nodeMajor >= 24 ? '--permission' : nodeMajor >= 20 ? '--experimental-permission' : undefined,
};
