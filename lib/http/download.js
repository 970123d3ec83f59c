'use strict';

/**
 * A capture as the answer to a request: as a stream, so that a large file costs no memory, and whole or
 * visibly broken.
 *
 * @module
 */

const fs = require('node:fs');
const { Transform, pipeline } = require('node:stream');
const { promisify } = require('node:util');
const zlib = require('node:zlib');
const { log } = require('../diagnostics.js');
const { RsprofError, fromSystemError } = require('../errors.js');
const { accepts } = require('./accepts.js');
const { attachment } = require('./disposition.js');
const { rangeOf } = require('./range.js');

const pipe = promisify(pipeline);

const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = fs.constants;

/** Bytes read at a time. */
const BLOCK = 256 << 10;

/** Compression of a file -> name of the coding, type of the file as it is, who unpacks it. */
const CODINGS = Object.freeze({
  gzip: { coding: 'gzip', type: 'application/gzip', unpack: zlib.createGunzip },
  zstd: { coding: 'zstd', type: 'application/zstd', unpack: zlib.createZstdDecompress },
});

/** Chrome unpacks no Content-Encoding of `application/gzip`: the type is that of what is inside. */
const PLAIN = 'application/json; charset=utf-8';

const plainName = (name) => name.replace(/\.(gz|zst)$/, '');

/**
 * Opens a regular file: a link that took its place is not followed, a pipe is not waited for.
 *
 * @throws {RsprofError} NOT_FOUND, ACCESS, IO
 */
async function openFile({ path: file, name }) {
  let handle;
  try {
    handle = await fs.promises.open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stats = await handle.stat({ bigint: true });
    if (stats.isFile()) return { handle, stats };
  } catch (error) {
    await handle?.close();
    if (error.code === 'ELOOP' || error.code === 'ENOENT') throw goneError(name);
    throw fromSystemError(error, 'read', name);
  }
  await handle.close();
  throw goneError(name);
}

function goneError(name) {
  const message = `the file of ${name} is gone: it was removed, or made room for newer ones`;
  return new RsprofError('ERR_RSPROF_NOT_FOUND', message);
}

/** Changes with every change of the file. */
const etagOf = ({ size, mtimeNs, ino }) =>
  `"${[size, mtimeNs, ino].map((one) => one.toString(36)).join('-')}"`;

/** The file as it is, or a part of it. */
function rawPlan(entry, stats, headers) {
  const size = Number(stats.size);
  const etag = etagOf(stats);
  const range = rangeOf(headers, { size, etag });
  const common = { 'Accept-Ranges': 'bytes', ETag: etag };
  if (range === null) {
    return {
      status: 416,
      headers: { ...common, 'Content-Range': `bytes */${size}`, 'Content-Length': 0 },
    };
  }
  const { start, end, isPart } = range;
  return {
    status: isPart ? 206 : 200,
    span: { start, length: end - start + 1 },
    headers: {
      ...common,
      'Content-Type': entry.type ?? CODINGS[entry.compression]?.type ?? PLAIN,
      'Content-Disposition': attachment(entry.fileName),
      'Content-Length': end - start + 1,
      ...(isPart && { 'Content-Range': `bytes ${start}-${end}/${size}` }),
    },
  };
}

function notAcceptable({ name, compression }) {
  const message =
    `${name} is packed with ${compression}, which this client does not take and this Node.js cannot unpack; ` +
    'ask for it as it is, with ?raw=1';
  return new RsprofError('ERR_RSPROF_NOT_ACCEPTABLE', message);
}

/** What is in the file, packed as it is where the client unpacks it. */
function contentPlan(entry, stats, headers) {
  const size = Number(stats.size);
  const packed = CODINGS[entry.compression];
  const common = {
    'Content-Type': PLAIN,
    'Content-Disposition': attachment(plainName(entry.fileName)),
    ...(packed && { Vary: 'Accept-Encoding' }),
  };
  const span = { start: 0, length: size };
  if (!packed) return { status: 200, span, headers: { ...common, 'Content-Length': size } };
  if (accepts(headers['accept-encoding'], packed.coding)) {
    const coded = { 'Content-Encoding': packed.coding, 'Content-Length': size };
    return { status: 200, span, headers: { ...common, ...coded } };
  }
  if (!packed.unpack) throw notAcceptable(entry);
  return { status: 200, span, unpack: packed.unpack, headers: common };
}

/** A part of a file, block by block: the next is read when the one before is gone. */
class Blocks {
  #handle;
  #name;
  #pending = Promise.resolve();

  constructor(handle, name) {
    this.#handle = handle;
    this.#name = name;
  }

  /** @throws {Error} where the file has fewer bytes than it had: the client was promised more */
  async *read({ start, length }) {
    const end = start + length;
    for (let at = start; at < end; ) {
      const block = Buffer.allocUnsafeSlow(Math.min(BLOCK, end - at));
      this.#pending = this.#handle.read(block, 0, block.length, at);
      const { bytesRead } = await this.#pending;
      if (bytesRead === 0) throw new Error(`${this.#name} lacks ${end - at} bytes that it had`);
      at += bytesRead;
      yield block.subarray(0, bytesRead);
    }
  }

  /** Settles when nothing is read any more: before that the descriptor must not be closed. */
  async idle() {
    await this.#pending.catch(() => {});
  }
}

/** Bytes that went into an answer. */
function counter() {
  const count = { bytes: 0 };
  const stream = new Transform({
    highWaterMark: BLOCK,
    transform(block, _, done) {
      count.bytes += block.length;
      done(null, block);
    },
  });
  return { count, stream };
}

async function stream(handle, response, { name, span, unpack }) {
  if (span.length === 0) {
    response.end();
    return { bytes: 0, complete: true };
  }
  const blocks = new Blocks(handle, name);
  const { count, stream: counted } = counter();
  const unpacked = unpack ? [unpack({ chunkSize: BLOCK })] : [];
  try {
    await pipe([blocks.read(span), ...unpacked, counted, response]);
    return { bytes: count.bytes, complete: true };
  } catch (error) {
    // The client went away, or the file broke off: an answer that lacks its end must not look whole.
    log('profiler: the download of %s broke off: %s', name, error.message);
    return { bytes: count.bytes, complete: false };
  } finally {
    await blocks.idle();
  }
}

/**
 * Answers a request with the file of a capture.
 *
 * What is in it, under a name that Chrome DevTools opens: packed with `Content-Encoding` where the client takes
 * that, else unpacked on the way. With `raw` the file as it is, by `Range` too.
 *
 * @param {{ request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse }} call
 *   headers that were set on the response stay
 * @param {object} entry of `Captures.find()`
 * @param {{ raw?: boolean }} [how]
 * @returns {Promise<{ status: number, bytes: number, complete: boolean }>} when the answer is over; `bytes` went into
 *   its body. Rejects only while nothing was answered
 * @throws {RsprofError} NOT_FOUND, NOT_ACCEPTABLE, ACCESS, IO
 */
async function sendFile({ request, response }, entry, { raw = false } = {}) {
  const { handle, stats } = await openFile(entry);
  try {
    const plan = (raw ? rawPlan : contentPlan)(entry, stats, request.headers);
    if (response.destroyed) return { status: plan.status, bytes: 0, complete: false };
    response.writeHead(plan.status, plan.headers);
    if (request.method === 'HEAD' || !plan.span) {
      response.end();
      return { status: plan.status, bytes: 0, complete: true };
    }
    const sent = await stream(handle, response, { ...plan, name: entry.name });
    return { status: plan.status, ...sent };
  } finally {
    await handle.close().catch(() => {});
  }
}

module.exports = { sendFile };
