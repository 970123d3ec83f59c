'use strict';

// Captures as answers of a real server: what browsers and DevTools get, parts of files, slow and vanishing clients,
// files that break off, constant memory.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { test } = require('node:test');
const zlib = require('node:zlib');

const { Captures } = require('../../lib/http/captures.js');
const { sendFile } = require('../../lib/http/download.js');
const { runForJson } = require('../support/child.js');
const { zlibHasZstd } = require('../support/env.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { ask, makeProfiler, openFiles, serve, take } = require('../support/profiler.js');
const { tempDir } = require('../support/tempdir.js');
const { until } = require('../unit/support.js');

const TEXT = JSON.stringify({ nodes: Array.from({ length: 20_000 }, (_, at) => at) });

/** A server of one file of that name. */
async function withFile(t, name, bytes) {
  const dir = tempDir(t);
  fs.writeFileSync(path.join(dir, name), bytes);
  const captures = new Captures({ dir });
  const [{ id }] = await captures.list();
  const server = await serve(t, async (call, url) => {
    const raw = url.searchParams.get('raw') === '1';
    return sendFile(call, await captures.find(id), { raw });
  });
  return { ...server, dir, file: path.join(dir, name) };
}

const GZIP = { headers: { 'accept-encoding': 'br, gzip' } };

test('a gzip file goes as it is where the client unpacks it, under the name of its content', async (t) => {
  const packed = zlib.gzipSync(TEXT);
  const server = await withFile(t, 'a.heapsnapshot.gz', packed);
  const { status, headers, body } = await ask(server, '/', GZIP);
  assert.equal(status, 200);
  assert.deepEqual(body, packed);
  assert.equal(headers['content-encoding'], 'gzip');
  assert.equal(headers['content-length'], String(packed.length));
  assert.equal(headers['content-disposition'], 'attachment; filename="a.heapsnapshot"');
  assert.equal(headers['content-type'], 'application/json; charset=utf-8');
  assert.equal(headers.vary, 'Accept-Encoding');
  const [outcome] = await Promise.all(server.outcomes);
  assert.deepEqual(outcome, { status: 200, bytes: packed.length, complete: true });
  assert.deepEqual(openFiles(server.dir), []);
});

test('a client that takes no gzip gets it unpacked; HEAD the same headers', async (t) => {
  const server = await withFile(t, 'a.heapsnapshot.gz', zlib.gzipSync(TEXT));
  const { headers, body } = await ask(server, '/');
  assert.equal(body.toString(), TEXT);
  assert.equal(headers['content-encoding'], undefined);
  assert.equal(headers['content-disposition'], 'attachment; filename="a.heapsnapshot"');
  const head = await ask(server, '/', { method: 'HEAD' });
  assert.deepEqual([head.status, head.body.length], [200, 0]);
  assert.equal(head.headers['content-disposition'], headers['content-disposition']);
  const coded = await ask(server, '/', { method: 'HEAD', ...GZIP });
  assert.equal(coded.headers['content-encoding'], 'gzip');
});

test('a plain file, and an empty one', async (t) => {
  const server = await withFile(t, 'a.cpuprofile', TEXT);
  const { headers, body } = await ask(server, '/', GZIP);
  assert.equal(body.toString(), TEXT);
  assert.equal(headers['content-length'], String(TEXT.length));
  assert.equal(headers['content-encoding'], undefined);
  const empty = await withFile(t, 'b.cpuprofile', '');
  for (const target of ['/', '/?raw=1']) {
    const answer = await ask(empty, target);
    assert.deepEqual([answer.status, answer.body.length, answer.broke], [200, 0, false]);
  }
});

test('zstd goes to who takes it, unpacked where this Node can, else refused with advice', async (t) => {
  const packed = zlibHasZstd ? zlib.zstdCompressSync(TEXT) : Buffer.from('28b52ffd00', 'hex');
  const server = await withFile(t, 'a.heapprofile.zst', packed);
  const coded = await ask(server, '/', { headers: { 'accept-encoding': 'zstd' } });
  assert.deepEqual([coded.headers['content-encoding'], coded.body], ['zstd', packed]);
  const plain = await ask(server, '/', GZIP);
  if (zlibHasZstd) {
    assert.equal(plain.body.toString(), TEXT);
    return;
  }
  const { code, message } = JSON.parse(plain.body);
  assert.equal(code, 'ERR_RSPROF_NOT_ACCEPTABLE');
  assert.match(message, /\?raw=1$/);
});

test('raw: the file as it is, whole or a part of it, by its ETag', async (t) => {
  const packed = zlib.gzipSync(TEXT);
  const server = await withFile(t, 'a.heapsnapshot.gz', packed);
  const raw = (headers = {}, method = 'GET') => ask(server, '/?raw=1', { headers, method });
  const whole = await raw(GZIP.headers);
  assert.deepEqual(whole.body, packed);
  assert.equal(whole.headers['content-encoding'], undefined);
  assert.equal(whole.headers['content-type'], 'application/gzip');
  assert.equal(whole.headers['content-disposition'], 'attachment; filename="a.heapsnapshot.gz"');
  assert.equal(whole.headers['accept-ranges'], 'bytes');
  const { etag } = whole.headers;
  assert.match(etag, /^"[\w-]+"$/);
  const first = await raw({ range: 'bytes=0-99', 'if-range': etag });
  const rest = await raw({ range: 'bytes=100-', 'if-range': etag });
  assert.deepEqual([first.status, rest.status], [206, 206]);
  assert.equal(first.headers['content-range'], `bytes 0-99/${packed.length}`);
  assert.equal(first.headers['content-length'], '100');
  assert.deepEqual(Buffer.concat([first.body, rest.body]), packed);
  const last = await raw({ range: 'bytes=-7' });
  assert.deepEqual(last.body, packed.subarray(-7));
  const beyond = await raw({ range: `bytes=${packed.length}-` });
  assert.deepEqual([beyond.status, beyond.body.length], [416, 0]);
  assert.equal(beyond.headers['content-range'], `bytes */${packed.length}`);
  const head = await raw({ range: 'bytes=0-9' }, 'HEAD');
  assert.deepEqual([head.status, head.body.length, head.headers['content-length']], [206, 0, '10']);
  fs.writeFileSync(server.file, zlib.gzipSync(`${TEXT} `));
  const changed = await raw({ range: 'bytes=100-', 'if-range': etag });
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers.etag, etag);
});

test('a file that was cut off is an answer that breaks off, in every form', async (t) => {
  const packed = zlib.gzipSync(TEXT);
  const server = await withFile(t, 'a.heapsnapshot.gz', packed.subarray(0, packed.length / 2));
  const unpacked = await ask(server, '/');
  assert.equal(unpacked.broke, true);
  assert.equal((await server.outcomes[0]).complete, false);
  assert.deepEqual(openFiles(server.dir), []);
});

/** Starts a download, reads nothing of its body: the socket. */
async function startSlowly(server, target = '/') {
  const socket = net.connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
  return socket;
}

const MIB = 1 << 20;

test('a file that is cut off during a download breaks the answer off', async (t) => {
  const size = 64 * MIB;
  const server = await withFile(t, 'a.cpuprofile', '');
  fs.truncateSync(server.file, size);
  const socket = await startSlowly(server);
  await until(() => server.responses.at(-1)?.writableNeedDrain);
  fs.truncateSync(server.file, MIB);
  let bytes = 0;
  socket.on('data', (block) => {
    bytes += block.length;
  });
  socket.resume();
  await new Promise((resolve) => socket.on('close', resolve));
  assert.ok(bytes < size, `${bytes} bytes came`);
  assert.equal((await server.outcomes[0]).complete, false);
  assert.deepEqual(openFiles(server.dir), []);
});

test('a file that is removed during a download is sent to its end', async (t) => {
  const server = await withFile(t, 'a.cpuprofile', Buffer.alloc(8 * MIB, 'x'));
  const socket = await startSlowly(server);
  await until(() => server.responses.at(-1)?.headersSent);
  fs.rmSync(server.file);
  let bytes = 0;
  socket.on('data', (block) => {
    bytes += block.length;
  });
  socket.resume();
  const { complete } = await server.outcomes[0];
  assert.equal(complete, true);
  await until(() => bytes > 8 * MIB);
  socket.destroy();
});

test('a file that is gone, or became a link, before the download is a clear error', async (t) => {
  const server = await withFile(t, 'a.cpuprofile', TEXT);
  const captures = new Captures({ dir: server.dir });
  const [entry] = await captures.list();
  const direct = await serve(t, (call) => sendFile(call, entry));
  fs.rmSync(server.file);
  assert.equal(JSON.parse((await ask(direct, '/')).body).code, 'ERR_RSPROF_NOT_FOUND');
  fs.symlinkSync('/etc/passwd', server.file);
  assert.equal(JSON.parse((await ask(direct, '/')).body).code, 'ERR_RSPROF_NOT_FOUND');
  fs.rmSync(server.file);
  fs.mkdirSync(server.file);
  const { code, message } = JSON.parse((await ask(direct, '/')).body);
  assert.equal(code, 'ERR_RSPROF_NOT_FOUND');
  assert.ok(!message.includes(server.dir), message);
});

test('a client that goes away closes the file', async (t) => {
  const server = await withFile(t, 'a.cpuprofile', '');
  fs.truncateSync(server.file, 64 * MIB);
  for (const target of ['/', '/?raw=1']) {
    const socket = await startSlowly(server, target);
    await until(() => openFiles(server.dir).length === 1);
    socket.destroy();
    await until(() => openFiles(server.dir).length === 0);
    assert.equal((await server.outcomes.at(-1)).complete, false);
  }
});

/** A client that waits before every few blocks: prints how many bytes came. */
const SLOW_READER = `
    const [port] = process.argv.slice(1);
  http.get({ port, host: '127.0.0.1', path: '/' }, async (response) => {
    let bytes = 0;
    let blocks = 0;
    for await (const block of response) {
      bytes += block.length;
      if (++blocks % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    console.log(JSON.stringify({ bytes }));
  });`;

test('500 MB to a slow reader: bounded memory, each byte', async (t) => {
  const size = 500 * MIB;
  const server = await withFile(t, 'a.heapsnapshot', '');
  fs.truncateSync(server.file, size);
  const start = process.memoryUsage.rss();
  const most = { rss: 0, queued: 0 };
  const look = setInterval(() => {
    most.rss = Math.max(most.rss, process.memoryUsage.rss());
    const [response] = server.responses;
    most.queued = Math.max(most.queued, response?.writableLength ?? 0);
  }, 10);
  const reading = runForJson(SLOW_READER, { args: [String(server.port)], preamble: '' });
  const { bytes } = await reading.finally(() => clearInterval(look));
  assert.equal(bytes, size);
  assert.equal((await server.outcomes[0]).complete, true);
  assert.ok(most.queued < 2 * MIB, `${most.queued} bytes lay in the response`);
  assert.ok(most.rss - start < 200 * MIB, `RSS grew by ${(most.rss - start) / MIB} MiB`);
  t.diagnostic(`queued ${most.queued}, RSS grew by ${Math.round((most.rss - start) / MIB)} MiB`);
});

test('a reader that stands still holds back the file', async (t) => {
  const server = await withFile(t, 'a.cpuprofile', '');
  fs.truncateSync(server.file, 500 * MIB);
  const socket = await startSlowly(server);
  await until(() => server.responses.at(-1)?.writableNeedDrain);
  const response = server.responses.at(-1);
  const { bytesWritten } = response.socket;
  assert.ok(
    bytesWritten < 32 * MIB,
    `${bytesWritten} bytes went out to a reader that reads nothing`,
  );
  assert.ok(
    response.writableLength < 2 * MIB,
    `${response.writableLength} bytes lie in the response`,
  );
  socket.destroy();
  await Promise.all(server.outcomes);
});

test('a real snapshot comes out as Chrome DevTools wants it', async (t) => {
  const profiler = makeProfiler(t);
  const { capture } = await take(profiler, 'heapSnapshot');
  const server = await serve(t, (call) => sendFile(call, capture));
  const { body, headers } = await ask(server, '/', GZIP);
  assert.equal(headers['content-encoding'], 'gzip');
  const saved = path.join(tempDir(t), 'saved.heapsnapshot');
  fs.writeFileSync(saved, zlib.gunzipSync(body));
  readHeapSnapshot(saved);
});
