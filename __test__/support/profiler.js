'use strict';

// Operations and captures of the profiler around a folder of their own, and a real server around a function of
// them. Whoever requires this file has a TMPDIR of its own: a lock of the host lies there.

const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');

const { Captures } = require('../../lib/http/captures.js');
const { Operations } = require('../../lib/http/operations.js');
const { readProfilerLimits } = require('../../lib/http/profiler-limits.js');
const { onCleanup, tempDir } = require('./tempdir.js');

const own = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-http-'));
process.env.TMPDIR = own;
process.on('exit', () => fs.rmSync(own, { recursive: true, force: true }));

/** No capture may wait for a disk with a gigabyte free. */
const LIMITS = Object.freeze({ minFreeDisk: 1 });

const NO_EXPLORER = Object.freeze({
  open: () => Promise.reject(new Error('no explorer here')),
  compare: () => Promise.reject(new Error('no explorer here')),
});

/** `{ dir, limits, captures, operations, changes }` */
function makeProfiler(t, { dir = tempDir(t), limits: given = {}, ...more } = {}) {
  const limits = readProfilerLimits({ ...LIMITS, ...given });
  const captures = new Captures({ dir, limits });
  const operations = new Operations({ dir, limits, captures, explorer: NO_EXPLORER, ...more });
  const changes = [];
  operations.on('change', (operation) => changes.push(operation));
  onCleanup(t, () => operations.close());
  return { dir, limits, captures, operations, changes };
}

/** Takes a capture to its end: `{ operation, capture }`. */
async function take({ operations, captures }, kind, parameters) {
  const { id } = await operations.start(kind, parameters);
  const operation = await operations.whenEnded(id);
  if (operation.state !== 'done') throw new Error(`${kind}: ${JSON.stringify(operation)}`);
  return { operation, capture: await captures.find(operation.capture) };
}

/** A server of `handle(call, url)`; errors are answered as `{ code, message, retryAfter }` with 500. */
async function serve(t, handle) {
  const outcomes = [];
  const responses = [];
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://x');
    const outcome = (async () => handle({ request, response }, url))();
    outcomes.push(outcome);
    responses.push(response);
    outcome.catch(({ code, message, retryAfter }) => {
      if (response.headersSent) return response.destroy();
      response.writeHead(500, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ code, message, retryAfter }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanup(t, () => {
    server.close();
    server.closeAllConnections();
  });
  return { outcomes, responses, port: server.address().port, server };
}

/** A request to its whole answer: `{ status, headers, body, broke }`; `broke`: it has no proper end. */
async function ask({ port }, target, { method = 'GET', headers = {} } = {}) {
  const request = http.request({
    port,
    host: '127.0.0.1',
    path: target,
    method,
    headers,
    agent: false,
  });
  request.end();
  const [response] = await once(request, 'response');
  const blocks = [];
  let broke = false;
  response.on('data', (block) => blocks.push(block));
  response.on('error', () => {
    broke = true;
  });
  await new Promise((resolve) => response.on('close', resolve));
  const { statusCode: status } = response;
  return { status, headers: response.headers, body: Buffer.concat(blocks), broke };
}

/** Descriptors of this process that are a file below `dir`. */
function openFiles(dir) {
  const links = fs.readdirSync('/proc/self/fd').map((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return links.filter((link) => link.startsWith(dir + path.sep));
}

module.exports = { LIMITS, ask, makeProfiler, openFiles, serve, take };
