'use strict';

/**
 * A file that is to be analysed: what it is, before the engine reads it, and the sidecar beside it.
 * Looked at through `node:fs`, so that Node's permission model applies.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { RsprofError, codeFromSystem } = require('./errors.js');
const { EXTENSIONS } = require('./options.js');
const { sidecarPath } = require('./sidecar.js');

/** System error code -> [what it means, what to do], of a file that is read. */
const ADVICE = Object.freeze({
  ENOENT: ['no such file', 'check the path'],
  ENOTDIR: ['a part of the path is not a folder', 'check the path'],
  EISDIR: ['it is a folder', 'give the path of a .heapsnapshot file'],
  EACCES: ['permission denied', 'captures are readable for their owner only: run as that user'],
  EPERM: [
    'operation not permitted',
    'captures are readable for their owner only: run as that user',
  ],
  ERR_ACCESS_DENIED: [
    "Node's permission model denies it",
    'start node with --allow-fs-read for the folder of the captures',
  ],
});

/** First bytes of a file -> how it is compressed. */
const MAGIC = Object.freeze([
  { compression: 'gzip', bytes: Buffer.from([0x1f, 0x8b]) },
  { compression: 'zstd', bytes: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
]);

/** How a signature begins, which only diff() takes. */
const SIGNATURE = '{"format":"rsprof-heap-signature/';

/** A larger sidecar is not one of ours. */
const MAX_SIDECAR = 1 << 20;

/**
 * An error of reading as an RsprofError.
 *
 * @param {Error & { code?: string }} error of `node:fs`, or of the addon with a system code
 * @param {string} file
 * @returns {RsprofError}
 */
function readError(error, file) {
  const known = ADVICE[error.code];
  const why = known ? `${known[0]} (${error.code}); ${known[1]}` : error.message;
  const message = `rsprof cannot read ${file}: ${why}`;
  return new RsprofError(codeFromSystem(error.code), message, { cause: error });
}

function compressionOf(head) {
  const known = MAGIC.find(({ bytes }) => head.subarray(0, bytes.length).equals(bytes));
  return known?.compression ?? 'none';
}

/** A pipe would keep the open waiting, and the engine reads some parts of a file twice. */
function checkKind(stats, file) {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
  throw new RsprofError(
    'ERR_RSPROF_INVALID_ARG',
    `rsprof cannot read ${file}: it is no regular file; write it to one first`,
  );
}

/** The first bytes of a file, and its size. */
async function readHead(file) {
  const handle = await fs.promises.open(file, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(64), 0, 64, 0);
    return { head: buffer.subarray(0, bytesRead), bytes: (await handle.stat()).size };
  } finally {
    await handle.close();
  }
}

async function look(file) {
  checkKind(await fs.promises.stat(file), file);
  const { head, bytes } = await readHead(file);
  const facts = { path: file, bytes, compression: compressionOf(head) };
  return { facts, isSignature: head.toString('latin1').startsWith(SIGNATURE) };
}

function signatureError(file) {
  const message = `rsprof cannot read ${file}: it is a signature, not a snapshot; only diff takes it`;
  return new RsprofError('ERR_RSPROF_INVALID_SNAPSHOT', message);
}

/**
 * What a file is.
 *
 * @param {string} file
 * @param {{ orSignature?: boolean }} [allowed] a signature will do too; the answer has `isSignature` then
 * @returns {Promise<{ path: string, bytes: number, compression: 'none'|'gzip'|'zstd', isSignature?: boolean }>}
 *   `path` is absolute
 * @throws {RsprofError} NOT_FOUND, IS_DIRECTORY, ACCESS, IO; INVALID_ARG for a pipe or a device;
 *   INVALID_SNAPSHOT for a signature
 */
async function describeFile(file, { orSignature = false } = {}) {
  const absolute = path.resolve(file);
  try {
    const { facts, isSignature } = await look(absolute);
    if (isSignature && !orSignature) throw signatureError(absolute);
    return orSignature ? { ...facts, isSignature } : facts;
  } catch (error) {
    throw error instanceof RsprofError ? error : readError(error, absolute);
  }
}

/** Whether a sidecar is of this very file: sizes tell, names change with a move. */
function describes(document, field, bytes) {
  const format = String(document?.format);
  return format.startsWith('rsprof-sidecar/') && document.result?.[field] === bytes;
}

async function readSidecar(name, field, bytes) {
  try {
    const { size } = await fs.promises.stat(name);
    if (size > MAX_SIDECAR) return null;
    const document = JSON.parse(await fs.promises.readFile(name, 'utf8'));
    return describes(document, field, bytes) ? document : null;
  } catch {
    return null;
  }
}

/**
 * The sidecar of a capture, also where the capture was unpacked (`a.heapsnapshot` of
 * `a.heapsnapshot.gz`) since.
 *
 * @param {{ path: string, bytes: number }} file as {@link describeFile} gives it
 * @returns {Promise<object|null>} null where there is none, or none of this file
 */
async function findSidecar(file) {
  const own = await readSidecar(sidecarPath(file.path), 'bytes', file.bytes);
  if (own) return own;
  for (const extension of [EXTENSIONS.gzip, EXTENSIONS.zstd]) {
    const name = sidecarPath(file.path + extension);
    const packed = await readSidecar(name, 'rawBytes', file.bytes);
    if (packed) return packed;
  }
  return null;
}

module.exports = { describeFile, findSidecar, readError };
