'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');

const { root } = require('./env.js');

const MAX_OUTPUT = 2 ** 31 - 1;
const GZIP_MAGIC = 0x1f8b;
const ZSTD_MAGIC = 0x28b52ffd;

/** The whole content of a file, uncompressed; the kind is read from the first bytes, not the name. */
function unpackFile(file) {
  return unpack(fs.readFileSync(file));
}

function unpack(bytes) {
  if (bytes.length >= 2 && bytes.readUInt16BE(0) === GZIP_MAGIC) return zlib.gunzipSync(bytes);
  if (bytes.length >= 4 && bytes.readUInt32BE(0) === ZSTD_MAGIC) return unzstd(bytes);
  return bytes;
}

function unzstd(bytes) {
  if (typeof zlib.zstdDecompressSync === 'function') return zlib.zstdDecompressSync(bytes);
  const script =
    'process.stdout.write(require("zlib").zstdDecompressSync(require("fs").readFileSync(0)))';
  return execFileSync(nodeWithZstd(), ['-e', script], { input: bytes, maxBuffer: MAX_OUTPUT });
}

/** An older Node cannot read zstd itself: the runner's cached newer ones can. */
function nodeWithZstd() {
  const cache = path.join(root, '.cache', 'node');
  const versions = fs.existsSync(cache) ? fs.readdirSync(cache) : [];
  const version = versions.find((name) => Number(name.split('.')[0]) >= 24 && !name.includes('-'));
  if (!version) throw new Error(`no Node 24 or newer in ${cache}: run npm test once to fetch it`);
  const packages = path.join(cache, version, 'node_modules');
  const [name] = fs.readdirSync(packages).filter((entry) => entry.startsWith('node-'));
  return path.join(packages, name, 'bin', 'node');
}

module.exports = { unpackFile, unpack };
