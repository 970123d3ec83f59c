'use strict';

// The route flooded: giant and slow bodies, readers that do not read, half-closed sockets, ten thousand requests.
// Nothing hangs, memory stays bounded.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { test } = require('node:test');

const {
  ON_PURPOSE,
  ask,
  connectionsOf,
  countOf,
  follow,
  say,
  statuses,
  until,
} = require('./client.js');
const { serve } = require('./doubles.js');
const { frame } = require('../../lib/http/server-sent-events.js');

const headOf = (port, length) =>
  `POST /profiler/captures/cpu-profile HTTP/1.1\r\nHost: localhost:${port}\r\nX-Rsprof: 1\r\n${length}\r\n\r\n`;

test('a giant body is refused by its length, before any of it, and the connection ends', async (t) => {
  const { port, parts, server } = await serve(t);
  const text = await say(port, headOf(port, `Content-Length: ${64 * 1024 + 1}`));
  assert.deepEqual(statuses(text), [413]);
  assert.match(text, /connection: close/i);
  assert.equal(parts.operations.started.length, 0);
  await connectionsOf(server, 0);
});

test('a giant body without a length ends the connection after 64 kB', async (t) => {
  const { port, server } = await serve(t);
  const socket = net.connect(port, '127.0.0.1');
  let sent = 0;
  socket.on('error', () => {});
  socket.resume();
  socket.write(headOf(port, 'Transfer-Encoding: chunked'));
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  const push = () => {
    while (!socket.destroyed && socket.write(chunk)) sent += chunk.length;
    sent += chunk.length;
  };
  socket.on('drain', push);
  push();
  await new Promise((resolve) => socket.once('close', resolve));
  await connectionsOf(server, 0);
  // Buffers of the kernel included.
  assert.ok(sent < 64 << 20, `${sent} bytes went out`);
});

test('a small body is thrown away, and one that a middleware has read is none', async (t) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const { port, parts } = await serve(t);
  const post = { method: 'POST', headers: ON_PURPOSE, body: '{"seconds":9}', agent };
  for (let times = 0; times < 3; times++)
    assert.equal((await ask(port, '/profiler/captures/cpu-profile', post)).status, 202);
  assert.deepEqual(parts.operations.started[0].parameters, {});
});

test('a slow body does not hold the answer', async (t) => {
  const { port, server } = await serve(t);
  const socket = net.connect(port, '127.0.0.1');
  socket.write(`${headOf(port, 'Content-Length: 100')}{`);
  const text = await new Promise((resolve) => socket.once('data', resolve));
  assert.deepEqual(statuses(String(text)), [202]);
  socket.destroy();
  await connectionsOf(server, 0);
});

test('half-closed sockets are answered or let go, never kept', async (t) => {
  const { port, parts, server } = await serve(t);
  const get = (where) => `GET ${where} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`;
  for (const where of ['/profiler/', '/profiler/health', '/profiler/events', '/profiler/nothing'])
    await say(port, get(where), { end: true });
  await say(port, get('/profiler/events').slice(0, -2), { end: true });
  await connectionsOf(server, 0);
  await until(() => parts.live.subscribers === 0);
  assert.deepEqual(parts.live.eventNames(), []);
});

test('a reader of events who does not read is dropped; the others go on', async (t) => {
  const { port, parts, server } = await serve(t);
  const { live } = parts;
  const stuck = net.connect(port, '127.0.0.1');
  stuck.on('error', () => {});
  stuck.write(`GET /profiler/events HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
  await new Promise((resolve) => stuck.once('data', resolve));
  stuck.pause();
  const good = await follow(port, '/profiler/events');
  await connectionsOf(server, 2);
  const text = 'x'.repeat(16 * 1024);
  let written = 0;
  while ((await countOf(server)) === 2) {
    live.emit('reading', { time: written++, text });
    assert.equal((await good.next('reading')).time, written - 1);
    // What the kernel takes for a reader is some megabytes.
    assert.ok(written < 10_000, 'the reader was never dropped');
  }
  live.emit('reading', { time: -1 });
  assert.equal((await good.next('reading')).time, -1);
  good.close();
  stuck.destroy();
  await connectionsOf(server, 0);
  await until(() => live.subscribers === 0);
});

test('one event that is larger than all that may wait drops the reader, not the process', async (t) => {
  const { port, parts } = await serve(t);
  const events = await follow(port, '/profiler/events');
  parts.live.emit('reading', { text: 'x'.repeat(300 * 1024) });
  await events.ended;
  assert.equal(frame('a', 1), 'event: a\ndata: 1\n\n');
});

test('readers of events are few', async (t) => {
  const { port } = await serve(t);
  const readers = [];
  for (let count = 0; count < 32; count++) readers.push(await follow(port, '/profiler/events'));
  const refused = await ask(port, '/profiler/events');
  assert.equal(refused.status, 429);
  assert.equal(refused.headers['retry-after'], '10');
  readers[0].close();
  let status;
  do {
    const again = await follow(port, '/profiler/events');
    status = again.response.statusCode;
    again.close();
  } while (status !== 200);
  for (const reader of readers) reader.close();
});

/** What ten thousand requests may be. */
const MIX = [
  { path: '/profiler/health', status: 200 },
  { path: '/profiler/', status: 200 },
  { path: '/profiler/nothing', status: 404 },
  { path: '/profiler/health', status: 404, headers: { 'X-Forwarded-For': '10.0.0.1' } },
  { path: '/profiler/captures/cpu-profile', status: 403, method: 'POST' },
  { path: '/profiler/captures/abcdefghijklmnop', status: 200 },
  { path: '/profiler/health', status: 405, method: 'PUT' },
  { path: '/profiler/health', status: 413, method: 'POST', headers: { 'Content-Length': '99999' } },
];

test('ten thousand parallel requests are all answered, and nothing is left of them', async (t) => {
  const { port, parts, server } = await serve(t, { logger: quietLogger() });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const total = 10_000;
  const one = async (index) => {
    const { path: where, status, ...how } = MIX[index % MIX.length];
    const answer = await ask(port, where, { ...how, agent });
    assert.equal(answer.status, status, where);
  };
  global.gc?.();
  const before = process.memoryUsage();
  await Promise.all(Array.from({ length: total }, (_, index) => one(index)));
  agent.destroy();
  await connectionsOf(server, 0);
  assert.equal(parts.operations.started.length, 0);
  assert.deepEqual(parts.live.eventNames(), []);
  // Handles of clients and server are gone: what is left is this server and what the runner has.
  const after = process.memoryUsage();
  const grown = after.external + after.arrayBuffers - before.external - before.arrayBuffers;
  assert.ok(grown < 64 << 20, `${grown} bytes of buffers are left`);
});

function quietLogger() {
  return { info() {}, warn() {}, error() {} };
}
