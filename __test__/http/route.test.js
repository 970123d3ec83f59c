'use strict';

// The route itself, on plain `node:http`: what it answers, and to whom.

const assert = require('node:assert/strict');
const diagnosticsChannel = require('node:diagnostics_channel');
const { once } = require('node:events');
const http2 = require('node:http2');
const { test } = require('node:test');

const { ON_PURPOSE, ask, follow, until } = require('./client.js');
const { HTML, serve } = require('./doubles.js');

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const NOT_FOUND = '{"error":{"code":"ERR_RSPROF_NOT_FOUND","message":"not found"}}\n';

/** The code of an error that was answered. */
const codeOf = (answer) => answer.json.error.code;

test('the mount without its slash leads to the page, by a relative address', async (t) => {
  const { port } = await serve(t);
  const redirect = await ask(port, '/profiler?lang=zh');
  assert.equal(redirect.status, 308);
  assert.equal(redirect.headers.location, './profiler/?lang=zh');
  const url = new URL(redirect.headers.location, 'http://proxy/behind/a/profiler');
  assert.equal(url.href, 'http://proxy/behind/a/profiler/?lang=zh');
  const page = await ask(port, '/profiler/');
  assert.equal(page.status, 200);
  assert.equal(page.text, HTML);
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
});

test('every answer has the headers that keep it to this page', async (t) => {
  const before = (_request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Credentials', 'true');
    response.setHeader('Timing-Allow-Origin', '*');
    response.setHeader('Content-Security-Policy', "default-src 'self' 'unsafe-inline'");
    response.setHeader('Content-Security-Policy-Report-Only', 'default-src *');
    response.setHeader('Cache-Control', 'public');
    response.setHeader('X-Frame-Options', 'SAMEORIGIN');
  };
  const { port } = await serve(t, {}, { before });
  for (const path of ['/profiler', '/profiler/', '/profiler/health', '/profiler/nothing']) {
    const { headers } = await ask(port, path);
    assert.equal(headers['content-security-policy'], POLICY, path);
    assert.equal(headers['cache-control'], 'no-store, no-transform', path);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    assert.equal(headers['referrer-policy'], 'no-referrer', path);
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin', path);
    assert.equal(headers['x-frame-options'], 'DENY', path);
    for (const name of Object.keys(headers))
      assert.doesNotMatch(name, /^access-control|^timing-allow|report-only/, path);
  }
});

test('assets come from the table, zipped where that is taken, and not twice', async (t) => {
  const { port } = await serve(t);
  const plain = await ask(port, '/profiler/assets/profiler.js');
  assert.equal(plain.text, 'plain');
  assert.equal(plain.headers['cache-control'], 'no-cache, no-transform');
  assert.equal(plain.headers.etag, '"tag"');
  const headers = { 'Accept-Encoding': 'br, gzip' };
  const zipped = await ask(port, '/profiler/assets/profiler.js', { headers });
  assert.equal(zipped.text, 'zipped');
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.equal(zipped.headers.vary, 'Accept-Encoding');
  assert.notEqual(zipped.headers.etag, plain.headers.etag);
  const again = await ask(port, '/profiler/assets/profiler.js', {
    headers: { ...headers, 'If-None-Match': `W/${zipped.headers.etag}` },
  });
  assert.equal(again.status, 304);
  assert.equal(again.text, '');
  const refusing = { headers: { 'Accept-Encoding': 'gzip;q=0' } };
  assert.equal((await ask(port, '/profiler/assets/profiler.js', refusing)).text, 'plain');
  assert.equal((await ask(port, '/profiler/assets/other.js')).text, NOT_FOUND);
});

test('HEAD is GET without a body, and ends even where GET does not', async (t) => {
  // So Node throws where it otherwise drops a body without a word.
  const { port } = await serve(t, {}, { server: { rejectNonStandardBodyWrites: true } });
  for (const path of ['/profiler/', '/profiler/health', '/profiler/events']) {
    const { status, text } = await ask(port, path, { method: 'HEAD' });
    assert.equal(status, 200, path);
    assert.equal(text, '', path);
  }
  const { headers } = await ask(port, '/profiler/', { method: 'HEAD' });
  assert.equal(Number(headers['content-length']), HTML.length);
});

test('a method that a path does not take is 405, with those it takes', async (t) => {
  const { port } = await serve(t);
  const expected = [
    ['PUT', '/profiler/health', 'GET, HEAD'],
    ['POST', '/profiler/', 'GET, HEAD'],
    ['OPTIONS', '/profiler/captures/abcdefghijklmnop', 'POST, GET, HEAD, DELETE'],
  ];
  for (const [method, path, allow] of expected) {
    const answer = await ask(port, path, { method, headers: ON_PURPOSE });
    assert.equal(answer.status, 405, path);
    assert.equal(answer.headers.allow, allow);
    assert.equal(codeOf(answer), 'ERR_RSPROF_METHOD');
  }
});

test('what is outside of the mount is the app, where there is one', async (t) => {
  const next = [];
  const server = await serve(t, {}, { next: () => next.push('next') });
  const lone = await serve(t);
  for (const path of ['/', '/profilers', '/other/profiler/'])
    assert.equal((await ask(lone.port, path)).text, NOT_FOUND, path);
  const asked = ask(server.port, '/elsewhere').catch(() => {});
  await until(() => next.length > 0);
  server.server.closeAllConnections();
  await asked;
});

test('an operation is begun, followed, stopped and cancelled', async (t) => {
  const { port, parts } = await serve(t);
  const post = { method: 'POST', headers: ON_PURPOSE };
  const begun = await ask(port, '/profiler/captures/cpu-profile?seconds=2&reason=why', post);
  assert.equal(begun.status, 202);
  const url = new URL(begun.headers.location, 'http://x/profiler/captures/cpu-profile');
  assert.equal(url.pathname, '/profiler/operations/op0');
  assert.deepEqual(begun.json.parameters, { seconds: '2', reason: 'why' });
  const events = await follow(port, '/profiler/operations/op0/events');
  assert.equal((await events.next('operation')).state, 'running');
  const stopped = await ask(port, '/profiler/operations/op0/stop', post);
  assert.equal(stopped.json.state, 'done');
  assert.equal((await events.next('operation')).state, 'done');
  await events.ended;
  assert.equal(parts.operations.listenerCount('change'), 0);
  await ask(port, '/profiler/captures/cpu-profile', post);
  const cancelled = await ask(port, '/profiler/operations/op1', { ...post, method: 'DELETE' });
  assert.equal(cancelled.json.state, 'cancelled');
  const { operations } = (await ask(port, '/profiler/operations')).json;
  assert.deepEqual(
    operations.map(({ id }) => id),
    ['op1', 'op0'],
  );
  const over = await follow(port, '/profiler/operations/op1/events');
  assert.equal((await over.next('operation')).state, 'cancelled');
  await over.ended;
});

test('an error is a status and a code; what is busy says when to come again', async (t) => {
  const { port } = await serve(t);
  const post = { method: 'POST', headers: ON_PURPOSE };
  const busy = await ask(port, '/profiler/captures/cpu-profile?reason=busy', post);
  assert.equal(busy.status, 409);
  assert.equal(busy.headers['retry-after'], '7');
  assert.equal(codeOf(busy), 'ERR_RSPROF_BUSY');
  const wrong = [
    ['/profiler/captures/cpu-profile?secs=2', 400, 'ERR_RSPROF_INVALID_ARG'],
    ['/profiler/captures/cpu-profile?seconds=2&seconds=3', 400, 'ERR_RSPROF_INVALID_ARG'],
    ['/profiler/captures/cpu-profile?reason=a%0Ab', 400, 'ERR_RSPROF_INVALID_ARG'],
    ['/profiler/captures/unheard-of', 404, 'ERR_RSPROF_NOT_FOUND'],
    ['/profiler/operations/unheard-of/stop', 404, 'ERR_RSPROF_NOT_FOUND'],
  ];
  for (const [path, status, code] of wrong) {
    const answer = await ask(port, path, post);
    assert.equal(answer.status, status, path);
    assert.equal(codeOf(answer), code, path);
  }
});

test('what goes wrong inside is a 500 that tells nothing, and the app goes on', async (t) => {
  const health = {
    healthReport() {
      throw new Error('the secret of /etc/passwd');
    },
  };
  const { port } = await serve(t, {}, { parts: { health } });
  const answer = await ask(port, '/profiler/health');
  assert.equal(answer.status, 500);
  assert.equal(codeOf(answer), 'ERR_RSPROF_INTERNAL');
  assert.doesNotMatch(answer.text, /secret/);
  assert.equal((await ask(port, '/profiler/')).status, 200);
});

test('captures have a rate: beyond it there is a 429, and what did not start does not count', async (t) => {
  const clockwork = { rate: { captures: 2 } };
  const { port, parts } = await serve(t, clockwork);
  const post = { method: 'POST', headers: ON_PURPOSE };
  const capture = (query) => ask(port, `/profiler/captures/cpu-profile${query}`, post);
  for (let times = 0; times < 3; times++) assert.equal((await capture('?reason=busy')).status, 409);
  assert.equal((await capture('')).status, 202);
  assert.equal((await capture('')).status, 202);
  const refused = await capture('');
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers['retry-after']) > 0);
  assert.equal(parts.operations.started.length, 2);
});

test('files are given away and removed; noDownload keeps them', async (t) => {
  const { port, parts } = await serve(t);
  const path = '/profiler/captures/abcdefghijklmnop';
  const file = await ask(port, `${path}/file`);
  assert.equal(file.text, 'the file');
  assert.equal(file.headers['content-security-policy'], POLICY);
  assert.equal((await ask(port, `${path}/file?raw=2`)).status, 400);
  const removed = await ask(port, path, { method: 'DELETE', headers: ON_PURPOSE });
  assert.equal(removed.status, 204);
  assert.equal(parts.captures.known.size, 0);
  const closed = await serve(t, { noDownload: true, simple: true });
  const inside = ['analysis', 'report', 'flame', 'classes', 'dominators', 'objects/17'];
  const kept = [...inside, 'file', 'export/pprof'].map((one) => `${path}/${one}`);
  for (const one of [...kept, '/profiler/cpu-profile', '/profiler/comparisons/a']) {
    const answer = await ask(closed.port, one, { headers: ON_PURPOSE });
    assert.equal(answer.status, 403, one);
    assert.match(answer.json.error.message, /noDownload/);
  }
});

test('questions about a capture go to the explorer, which is given the file and what was asked', async (t) => {
  const { port } = await serve(t);
  const base = '/profiler/captures/abcdefghijklmnop';
  const questions = {
    '/flame': ['flame', {}],
    '/objects/17?limit=3': ['inspect', { id: 17, limit: 3 }],
    '/objects?class=Room&offset=5': ['objects', { class: 'Room', offset: 5 }],
    '/classes?search=a%20b&sort=self&limit=9': [
      'classes',
      { search: 'a b', sort: 'self', limit: 9 },
    ],
    '/dominators': ['dominators', {}],
    '/dominators?object=5': ['dominators', { object: 5 }],
  };
  for (const [where, [question, given]] of Object.entries(questions)) {
    const { json, headers } = await ask(port, base + where);
    assert.deepEqual(json, { file: '/dir/one', question, given }, where);
    assert.equal(headers['content-type'], 'application/json; charset=utf-8');
  }
  assert.equal((await ask(port, `${base}/classes?search=closed`)).status, 409);
  assert.equal((await ask(port, `${base}/objects`)).status, 400);
  assert.equal((await ask(port, `${base}/objects/x`)).status, 404);
  assert.equal((await ask(port, '/profiler/captures/unknown/flame')).status, 404);
});

test('analyses and comparisons are operations with ids, and have a rate of their own', async (t) => {
  const { port } = await serve(t, { rate: { analyses: 3 } });
  const post = (where) => ask(port, `/profiler${where}`, { method: 'POST', headers: ON_PURPOSE });
  const id = 'abcdefghijklmnop';
  const analysis = await post(`/captures/${id}/analysis`);
  assert.equal(analysis.status, 202);
  assert.deepEqual(analysis.json.parameters, { capture: id });
  const url = new URL(analysis.headers.location, `http://x/profiler/captures/${id}/analysis`);
  assert.equal(url.pathname, '/profiler/operations/op0');
  const comparison = await post(`/comparisons?before=${id}&after=${id}`);
  assert.deepEqual(comparison.json.parameters, { before: id, after: id });
  assert.equal(comparison.headers.location, 'operations/op1');
  assert.equal((await post(`/comparisons?before=${id}`)).status, 400);
  assert.equal((await post(`/comparisons?before=${id}&after=unknown`)).status, 404);
  assert.equal((await post(`/captures/${id}/analysis`)).status, 202);
  assert.equal((await post(`/captures/${id}/analysis`)).status, 429);
});

test('simple GETs are there when they are asked for, and act on purpose only', async (t) => {
  const plain = await serve(t);
  assert.equal((await ask(plain.port, '/profiler/profile')).status, 404);
  const { port } = await serve(t, { simple: true });
  for (const path of ['/profiler/profile?seconds=1&debug=0', '/profiler/debug/pprof/profile']) {
    assert.equal((await ask(port, path)).status, 403);
    const answer = await ask(port, path, { headers: ON_PURPOSE });
    assert.equal(answer.status, 200);
    assert.equal(answer.text, 'profile');
  }
});

test('events come from all parts, and nothing is listened to when nobody reads', async (t) => {
  const { port, parts } = await serve(t);
  const { live, operations, captures } = parts;
  const events = await follow(port, '/profiler/events');
  assert.equal(events.response.headers['content-type'], 'text/event-stream; charset=utf-8');
  assert.equal(live.subscribers, 1);
  live.emit('reading', { time: 1, values: { rss: 2 } });
  assert.deepEqual(await events.next('reading'), { time: 1, values: { rss: 2 } });
  live.emit('watch', { event: 'fire', rule: 'leak' });
  assert.equal((await events.next('watch')).rule, 'leak');
  captures.emit('change', { id: 'x', change: 'added' });
  assert.deepEqual(await events.next('capture'), { id: 'x', change: 'added' });
  await operations.start('report', {});
  assert.equal((await events.next('operation')).kind, 'report');
  events.close();
  await until(() => live.subscribers === 0);
  for (const part of [live, operations, captures]) assert.deepEqual(part.eventNames(), []);
});

test('close() ends the events and what runs; later requests are 503', async (t) => {
  const { port, parts, route } = await serve(t);
  const events = await follow(port, '/profiler/events');
  await Promise.all([route.close(), route.close()]);
  await events.ended;
  assert.equal(parts.operations.closed, 1);
  assert.equal((await ask(port, '/profiler/health')).status, 503);
});

/** Messages of `rsprof:access` during a test. */
function accesses(t) {
  const messages = [];
  const note = (message) => messages.push(message);
  diagnosticsChannel.subscribe('rsprof:access', note);
  t.after(() => diagnosticsChannel.unsubscribe('rsprof:access', note));
  return messages;
}

test('every access is an event; the logger hears of what acts, takes away or is refused', async (t) => {
  const messages = accesses(t);
  const lines = [];
  const note = (level) => (event, text) => lines.push([level, event.refusal ?? event.action, text]);
  const logger = { info: note('info'), warn: note('warn'), error: note('error') };
  const { port } = await serve(t, { logger });
  await ask(port, '/profiler/health?x=../../etc/passwd');
  await ask(port, '/profiler/captures/abcdefghijklmnop/file');
  await ask(port, '/profiler/captures/cpu-profile', { method: 'POST', headers: ON_PURPOSE });
  await ask(port, '/profiler/captures/cpu-profile', { method: 'POST' });
  await ask(port, '/profiler/<script>');
  await until(() => messages.length === 5);
  assert.deepEqual(
    messages.map(({ method, route, status, access, refusal, action, capture }) => [
      ...[method, route, status, access, refusal, action, capture],
    ]),
    [
      ['GET', '/health', 400, 'loopback', null, null, null],
      [...['GET', '/captures/:id/file', 200, 'loopback', null, 'download'], 'abcdefghijklmnop'],
      ['POST', '/captures/:kind', 202, 'loopback', null, 'capture', null],
      ['POST', '/captures/:kind', 403, 'loopback', 'header', 'capture', null],
      ['GET', null, 404, 'loopback', null, null, null],
    ],
  );
  for (const { peer, bytes, durationMs, time } of messages) {
    assert.equal(peer, '127.0.0.1');
    assert.ok(bytes > 100);
    assert.ok(durationMs >= 0);
    assert.ok(!Number.isNaN(Date.parse(time)));
  }
  assert.deepEqual(
    lines.map(([level, what]) => [level, what]),
    [
      ['info', 'download'],
      ['info', 'capture'],
      ['warn', 'header'],
    ],
  );
});

test("a logger that throws is not the request's trouble", async (t) => {
  const throwing = () => {
    throw new Error('no');
  };
  const logger = { info: throwing, warn: throwing, error: throwing };
  const { port } = await serve(t, { logger });
  const answer = await ask(port, '/profiler/captures/cpu-profile', { method: 'POST' });
  assert.equal(answer.status, 403);
  assert.equal((await ask(port, '/profiler/health')).status, 200);
});

/** One request over HTTP/2. */
async function askHttp2(client, headers, body) {
  const stream = client.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  stream.on('error', () => {});
  const [answer] = await once(stream, 'response');
  let text = '';
  for await (const chunk of stream) text += chunk;
  return { status: answer[':status'], headers: answer, text };
}

test('HTTP/2 is no different', async (t) => {
  const { route } = await serve(t);
  const server = http2.createServer((request, response) => route.handle(request, response));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = http2.connect(`http://localhost:${server.address().port}`);
  t.after(() => {
    client.destroy();
    server.close();
  });
  const messages = accesses(t);
  const health = await askHttp2(client, { ':path': '/profiler/health' });
  assert.equal(health.status, 200);
  assert.match(health.headers['content-security-policy'], /^default-src 'none'/);
  const post = { ':method': 'POST', ':path': '/profiler/captures/cpu-profile', 'x-rsprof': '1' };
  assert.equal((await askHttp2(client, post, '{"seconds":1}')).status, 202);
  const large = { ...post, 'content-length': '99999' };
  assert.equal((await askHttp2(client, large, 'x'.repeat(99_999))).status, 413);
  const rebound = { ':path': '/profiler/health', ':authority': 'evil.example' };
  assert.equal((await askHttp2(client, rebound)).status, 404);
  await until(() => messages.length === 4);
  assert.equal(messages[0].peer, '127.0.0.1');
  assert.equal(messages[0].bytes, null);
});
