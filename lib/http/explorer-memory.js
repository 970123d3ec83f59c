'use strict';

/**
 * Whether there is memory for a file that is to be opened.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { RsprofError } = require('../errors.js');
const { describeFile, findSidecar } = require('../heap-file.js');
const { size } = require('../units.js');

/** Bytes that the process takes at most while it reads, for each byte of the text (bench: 1.6). */
const PER_BYTE = 1.7;

/** What it takes for itself. */
const OWN = 60 << 20;

/** How much text is in a packed byte where nothing tells (measured: 5 to 12). */
const USUAL_RATIO = 8;

/** Of what is left, that the process may take: the rest of the machine goes on. */
const SHARE = 0.8;

const WRAP = 2 ** 32;

/** The end of a gzip file tells the length of its text, as far as 32 bits can. */
async function gzipLength(file, bytes) {
  const handle = await fs.promises.open(file, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, Math.max(0, bytes - 4));
    const length = buffer.readUInt32LE();
    // Text is hardly ever shorter when it is packed.
    return length < bytes ? length + WRAP : length;
  } finally {
    await handle.close();
  }
}

async function textLength(described) {
  const { path: file, bytes, compression } = described;
  if (compression === 'none') return bytes;
  const sidecar = await findSidecar(described);
  const known = sidecar?.result?.rawBytes;
  if (known > 0) return known;
  return compression === 'gzip' ? gzipLength(file, bytes) : bytes * USUAL_RATIO;
}

/**
 * @param {string} file
 * @returns {Promise<number>} bytes of memory that it takes to open it, about
 * @throws {RsprofError} NOT_FOUND and others of reading it
 */
async function neededBytes(file) {
  return OWN + PER_BYTE * (await textLength(await describeFile(file)));
}

/**
 * What a process may take.
 *
 * @param {string[]} files that are to be opened
 * @param {() => number} availableBytes what is left
 * @returns {Promise<number>} bytes
 * @throws {RsprofError} `ERR_RSPROF_BUDGET` with the figures where it does not suffice
 */
async function memoryFor(files, availableBytes) {
  let needed = 0;
  for (const file of files) needed += await neededBytes(file);
  const available = availableBytes();
  const most = SHARE * available;
  if (needed <= most) return most;
  const names = files.map((file) => path.basename(file)).join(' and ');
  const message =
    `there is not enough memory to open ${names}: about ${size(needed)} are needed, and ${size(most)} ` +
    `(of ${size(available)} that are left) may be taken; download and analyse elsewhere: npx rsprof analyze`;
  throw new RsprofError('ERR_RSPROF_BUDGET', message);
}

module.exports = { memoryFor };
