'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const test = require('node:test');
const { PushQueue } = require('../../lib/continuous-queue.js');
const { Pusher } = require('../../lib/continuous-pusher.js');
const { Pyroscope } = require('../../lib/continuous-pyroscope.js');
const { Reporter } = require('../../lib/continuous-reporter.js');
const { startReceiver } = require('../support/pyroscope.js');
const { tempDir, until } = require('./support.js');

/** Times in ms so that nothing waits long. */
const FAST = { timeout: 5, retryDelay: 0.01, maxRetryDelay: 0.05, labels: {}, headers: {} };

/** A pusher to a receiver whose bodies are plain texts: what is sent when is what counts here. */
async function setUp(t, options = {}) {
  const receiver = await startReceiver(t);
  receiver.read = (_request, body) => /window-\d+/.exec(body.toString('latin1'))[0];
  const errors = [];
  const reporter = new Reporter((error) => errors.push(error));
  const queue = new PushQueue(options.maxQueueBytes ?? 1e6);
  const settings = { ...FAST, url: new URL(receiver.url), appName: 'app', ...options };
  const pusher = new Pusher({ queue, receiver: new Pyroscope(settings), settings, reporter });
  t.after(() => pusher.end());
  const add = (...numbers) => {
    for (const number of numbers) queue.push(item(number));
    pusher.start();
  };
  return { receiver, errors, reporter, queue, pusher, add };
}

function item(number, size = 100) {
  const body = Buffer.from(`window-${number} `.padEnd(size));
  return { kind: 'cpu', from: 60_000 * number, until: 60_000 * (number + 1), bytes: size, body };
}

const windows = (...numbers) => numbers.map((number) => `window-${number}`);
const range = (count) => Array.from({ length: count }, (_, index) => index + 1);

test('one after the other, in order, over one connection', async (t) => {
  const { receiver, queue, reporter, add } = await setUp(t);
  add(...range(20));
  await until(() => queue.length === 0);
  assert.deepEqual(receiver.taken, windows(...range(20)));
  assert.equal(receiver.accepted, 1);
  assert.deepEqual(receiver.errors, []);
  const { pushed, pushedBytes, retries } = reporter.stats();
  assert.deepEqual({ pushed, pushedBytes, retries }, { pushed: 20, pushedBytes: 2000, retries: 0 });
});

test('a refused connection: all arrive in order once it is back, told once', async (t) => {
  const { receiver, queue, reporter, errors, add } = await setUp(t);
  add(1);
  await until(() => queue.length === 0);
  await receiver.close();
  add(2, 3, 4);
  await until(() => reporter.stats().retries > 2);
  assert.equal(queue.length, 3);
  await receiver.listen();
  await until(() => queue.length === 0);
  assert.deepEqual(receiver.taken, windows(1, 2, 3, 4));
  assert.equal(errors.length, 1);
  assert.equal(errors[0].code, 'ERR_RSPROF_PUSH');
  assert.match(errors[0].message, /ECONNREFUSED.*tried again/);
  assert.equal(reporter.stats().dropped, 0);
});

for (const [name, verdict] of [
  ['500', 500],
  ['503 without an end', [503, { 'Transfer-Encoding': 'chunked' }]],
  ['408', 408],
  ['429', 429],
  ['a reset half-way through the request', 'reset'],
]) {
  test(`${name}: tried again until it is taken, in order, none twice`, async (t) => {
    const { receiver, queue, reporter, errors, add } = await setUp(t);
    receiver.decide = (count) => (count < 3 ? verdict : 200);
    add(1, 2, 3);
    await until(() => queue.length === 0);
    assert.deepEqual(receiver.taken, windows(1, 2, 3));
    assert.equal(reporter.stats().retries, 3);
    assert.equal(errors.length, 1);
  });
}

test('an answer that is lost: the window arrives twice, never not at all', async (t) => {
  const { receiver, queue, add } = await setUp(t);
  receiver.decide = (count) => (count === 0 ? 'lost' : 200);
  add(1, 2);
  await until(() => queue.length === 0);
  assert.deepEqual(receiver.taken, windows(1, 1, 2));
});

test('a receiver that never answers: timeout ends the try, the next one counts', async (t) => {
  const { receiver, queue, errors, add } = await setUp(t, { timeout: 0.05 });
  receiver.decide = (count) => (count === 0 ? 'hang' : 200);
  add(1, 2);
  await until(() => queue.length === 0);
  assert.deepEqual(receiver.taken, windows(1, 2));
  assert.match(errors[0].message, /no answer within 0.05 s/);
});

test('a receiver that reads no byte of a large window: timeout too', async (t) => {
  const server = net.createServer({ pauseOnConnect: true });
  const sockets = [];
  server.on('connection', (socket) => sockets.push(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${server.address().port}`);
  const { reporter, pusher, queue } = await setUp(t, { url, timeout: 0.1, maxQueueBytes: 1e8 });
  queue.push(item(1, 3e7));
  pusher.start();
  await until(() => reporter.stats().retries >= 2);
  assert.match(reporter.stats().lastError, /no answer within/);
});

test('Retry-After is waited for', async (t) => {
  const { receiver, queue, add } = await setUp(t);
  const times = [];
  receiver.decide = (count) => {
    times.push(performance.now());
    return count === 0 ? [429, { 'Retry-After': '1' }] : 200;
  };
  add(1);
  await until(() => queue.length === 0);
  assert.ok(times[1] - times[0] >= 990, `${times[1] - times[0]} ms`);
});

for (const status of [400, 401, 404, 413, 422, 302]) {
  test(`${status}: dropped and told, the next one goes its way`, async (t) => {
    const { receiver, queue, reporter, errors, add } = await setUp(t);
    const headers = status === 302 ? { Location: `${receiver.url}/ingest` } : {};
    receiver.decide = (count) => (count === 0 ? [status, headers, '{"message":"why"}'] : 200);
    add(1, 2);
    await until(() => queue.length === 0);
    assert.deepEqual(receiver.taken, windows(2));
    assert.equal(receiver.requests, 2, 'no redirect is followed, nothing is tried again');
    assert.equal(reporter.stats().rejected, 1);
    assert.equal(errors.length, 1);
    assert.match(errors[0].message, new RegExp(`answers ${status}: {"message":"why"}; .*dropped`));
  });
}

test('no secret in an error, in stats or on the channel, even where the receiver echoes it', async (t) => {
  const seen = [];
  const channel = require('node:diagnostics_channel').channel('rsprof:continuous');
  const listen = (message) => seen.push(message);
  channel.subscribe(listen);
  t.after(() => channel.unsubscribe(listen));
  const { receiver, queue, errors, reporter, pusher, add } = await setUp(t, {
    basicAuth: { user: 'me', password: 'hunter2hunter2' },
    headers: { 'X-Key': 'sesame-open' },
    tenantId: 'tenant-1',
  });
  const encoded = Buffer.from('me:hunter2hunter2').toString('base64');
  let got;
  receiver.read = (request) => {
    got = request.headers;
  };
  receiver.decide = (count) =>
    count === 2 ? 200 : [count ? 400 : 500, {}, `hunter2hunter2 ${encoded} sesame-open`];
  add(1, 2);
  await until(() => queue.length === 0);
  assert.equal(got.authorization, `Basic ${encoded}`);
  assert.equal(got['x-key'], 'sesame-open');
  assert.equal(got['x-scope-orgid'], 'tenant-1');
  const { inspect } = require('node:util');
  const all = inspect([errors, errors.map(String), reporter.stats(), seen, pusher], { depth: 20 });
  assert.match(all, /\*\*\* \*\*\* \*\*\*/);
  assert.doesNotMatch(all, /hunter2|sesame/);
  assert.ok(!all.includes(encoded));
});

test('a file of the ring is read when its turn comes; one that is gone is dropped', async (t) => {
  const { receiver, queue, reporter, pusher } = await setUp(t);
  const dir = tempDir(t);
  for (const number of [1, 2, 3]) {
    const file = path.join(dir, String(number));
    if (number !== 2) fs.writeFileSync(file, `window-${number} `);
    queue.push({ kind: 'cpu', from: 0, until: 1, bytes: 9, path: file });
  }
  pusher.start();
  await until(() => queue.length === 0);
  assert.deepEqual(receiver.taken, windows(1, 3));
  assert.equal(reporter.stats().dropped, 1);
});

test('flush() does not wait for the next retry', async (t) => {
  const { receiver, queue, pusher, reporter, add } = await setUp(t, {
    retryDelay: 60,
    maxRetryDelay: 60,
  });
  receiver.decide = (count) => (count === 0 ? 500 : 200);
  add(1, 2);
  await until(() => reporter.stats().retries === 1);
  await pusher.flush(30_000);
  assert.equal(queue.length, 0);
  assert.deepEqual(receiver.taken, windows(1, 2));
});

test('flush() gives up at its deadline, in a request as in a wait', async (t) => {
  for (const verdict of ['hang', 500, [429, { 'Retry-After': '60' }]]) {
    const { receiver, queue, pusher, add } = await setUp(t, { timeout: 300 });
    receiver.decide = () => verdict;
    add(1, 2);
    await pusher.flush(100);
    assert.equal(queue.length, 2, String(verdict));
    assert.deepEqual(receiver.taken, []);
  }
});
