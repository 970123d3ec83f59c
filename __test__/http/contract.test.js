'use strict';

// One contract for every host: the route is the same on each of them, with real captures, below a mount, under helmet
// and compression, behind parsers of bodies, and behind a proxy that cuts a prefix off.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { after, test } = require('node:test');
const zlib = require('node:zlib');

const { ON_PURPOSE, ask, follow, say, statuses } = require('./client.js');
const { HOSTS, closeServer } = require('./hosts.js');
const { tempDir } = require('../support/tempdir.js');

const TOKEN = 'of-the-contract-suite';
const BEARER = Object.freeze({ Authorization: `Bearer ${TOKEN}` });
const NOT_FOUND = '{"error":{"code":"ERR_RSPROF_NOT_FOUND","message":"not found"}}\n';

// The lock of this host lies there: other tests take captures too.
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-contract-'));
process.env.TMPDIR = temporary;
after(() => fs.rmSync(temporary, { recursive: true, force: true }));

/** Speaks to the route as somebody who may. */
function clientOf({ port, mount }) {
  const headersOf = (headers) => ({ ...BEARER, ...headers });
  return {
    port,
    mount,
    get: (where, headers) => ask(port, mount + where, { headers: headersOf(headers) }),
    post: (where, how = {}) =>
      ask(port, mount + where, { method: 'POST', ...how, headers: headersOf(how.headers) }),
    send: (method, where) => ask(port, mount + where, { method, headers: headersOf() }),
    follow: (where) => follow(port, mount + where, headersOf()),
  };
}

/** Follows an operation to its end. */
async function ended(client, { id }) {
  const events = await client.follow(`/operations/${id}/events`);
  let operation;
  do operation = await events.next('operation');
  while (operation.state === 'running');
  await events.ended;
  return operation;
}

/** Name -> what every host must do. */
const CONTRACT = {
  'the app is as it was outside of the mount': async ({ port, get }) => {
    for (const where of ['/', '/internal', '/internal/profilers'])
      assert.match((await ask(port, where)).text, /the app|Not Found/, where);
    assert.equal((await get('')).status, 308);
  },

  'strangers get 401, whatever they ask for': async ({ port, mount }) => {
    for (const where of ['', '/', '/health', '/nothing', '/assets/profiler.js']) {
      const { status, headers } = await ask(port, mount + where);
      assert.equal(status, 401, where);
      assert.match(headers['www-authenticate'], /^Basic/);
    }
  },

  'the mount leads to the page by a relative address': async ({ get }) => {
    const { status, headers, text } = await get('');
    assert.equal(status, 308);
    assert.equal(headers.location, './profiler/');
    assert.equal(text, '');
  },

  'the page comes whole, with its own policy and none of the app': async ({ get }) => {
    const { status, headers, text } = await get('/', { 'Accept-Encoding': 'gzip, br' });
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.match(headers['content-security-policy'], /^default-src 'none'; script-src 'self'; /);
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.equal(headers['content-encoding'], undefined);
    assert.match(text, /^<!doctype html>/i);
    assert.doesNotMatch(text, /<script>|<style>|\son\w+=/i);
    for (const [, asset] of text.matchAll(/(?:src|href)="(assets\/[^"]+)"/g)) {
      const found = await get(`/${asset}`, { 'Accept-Encoding': 'gzip' });
      assert.equal(found.status, 200, asset);
      assert.equal(found.headers['content-encoding'], 'gzip');
      assert.ok(zlib.gunzipSync(found.body).length > 0);
      const again = await get(`/${asset}`, {
        'Accept-Encoding': 'gzip',
        'If-None-Match': found.headers.etag,
      });
      assert.equal(again.status, 304);
    }
  },

  'what is asked wrongly is told so, as JSON': async ({ get, send, post }) => {
    assert.equal((await get('/nothing')).text, NOT_FOUND);
    assert.equal((await get('/assets/..%2fpackage.json')).text, NOT_FOUND);
    assert.equal((await get('/captures/%2e%2e/file')).text, NOT_FOUND);
    const wrong = await send('PUT', '/health');
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.allow, 'GET, HEAD');
    assert.equal((await get('/health?x=1')).status, 400);
    assert.equal((await post('/captures/heap-dump')).status, 404);
    const head = await send('HEAD', '/health');
    assert.equal(head.status, 200);
    assert.equal(head.text, '');
  },

  'health, status, readings and metrics answer': async ({ get }) => {
    assert.equal((await get('/health')).json.status, 'ok');
    const { json: status } = await get('/status');
    assert.equal(status.access, 'token');
    assert.equal(status.node, process.versions.node);
    assert.ok(status.kinds.some(({ route }) => route === 'cpu-profile'));
    const { json: readings } = await get('/readings?window=1m');
    assert.equal(readings.time.length, readings.values[readings.names[0]].length);
    const metrics = await get('/metrics');
    assert.match(metrics.headers['content-type'], /^text\/plain; version=0\.0\.4/);
    assert.match(metrics.text, /^rsprof_\w+/m);
    assert.ok('heapSnapshot' in (await get('/forecast')).json);
  },

  'events arrive while they happen, compression or not': async (client) => {
    const events = await client.follow('/events');
    assert.equal(events.response.headers['content-encoding'], undefined);
    const { time, values } = await events.next('reading');
    assert.ok(time > 0);
    assert.ok(values.rss > 0);
    events.close();
  },

  'a capture is taken, followed, listed, given away and removed': async (client) => {
    const begun = await client.post('/captures/cpu-profile?seconds=0.05&reason=contract');
    assert.equal(begun.status, 202, begun.text);
    const url = new URL(begun.headers.location, `http://x${client.mount}/captures/cpu-profile`);
    assert.equal(url.pathname, `${client.mount}/operations/${begun.json.id}`);
    const { state, capture, error } = await ended(client, begun.json);
    assert.equal(state, 'done', JSON.stringify(error));
    const { json: list } = await client.get('/captures');
    assert.equal(list.captures[0].id, capture);
    assert.match(list.captures[0].reason, /contract/);
    assert.ok(!JSON.stringify(list).includes(path.sep + path.basename(client.dir)));
    const file = await client.get(`/captures/${capture}/file`, { 'Accept-Encoding': 'gzip' });
    assert.equal(file.headers['content-encoding'], 'gzip');
    assert.match(file.headers['content-disposition'], /^attachment; .*\.cpuprofile"/);
    assert.ok(JSON.parse(zlib.gunzipSync(file.body)).nodes.length > 0);
    const plain = await client.get(`/captures/${capture}/file`);
    assert.deepEqual(plain.body, zlib.gunzipSync(file.body));
    assert.match(plain.headers['content-security-policy'], /^default-src 'none'/);
    assert.equal((await client.send('HEAD', `/captures/${capture}/file`)).body.length, 0);
    assert.equal((await client.send('DELETE', `/captures/${capture}`)).status, 204);
    assert.equal((await client.get(`/captures/${capture}`)).status, 404);
  },

  'a recording is stopped and kept, or cancelled': async (client) => {
    const start = async () => (await client.post('/captures/cpu-profile?seconds=60')).json;
    const one = await start();
    assert.equal((await client.post('/captures/cpu-profile')).status, 409);
    assert.equal((await client.post(`/operations/${one.id}/stop`)).status, 200);
    assert.equal((await ended(client, one)).state, 'done');
    const other = await start();
    assert.equal((await client.send('DELETE', `/operations/${other.id}`)).status, 200);
    assert.equal((await ended(client, other)).state, 'cancelled');
  },

  'bodies change nothing: small, read before, broken, large': async ({
    post,
    get,
    port,
    mount,
  }) => {
    const bodies = [
      ['application/json', '{"seconds":9}'],
      ['application/x-www-form-urlencoded', 'seconds=9'],
      ['text/weird', 'x'.repeat(1000)],
      ['multipart/form-data; boundary=x', '--x\r\n'],
    ];
    for (const [type, body] of bodies) {
      const headers = { 'Content-Type': type };
      const answer = await post('/captures/heap-dump', { headers, body });
      assert.equal(answer.status, 404, type);
    }
    const head = `POST ${mount}/captures/report HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: x/y\r\n`;
    const large = `${head}Authorization: ${BEARER.Authorization}\r\nContent-Length: 99999999\r\n\r\n`;
    const text = await say(port, large);
    // A parser of bodies that comes before may wait for it, and ends with the connection.
    assert.deepEqual(statuses(text), [413]);
    assert.equal((await get('/health')).status, 200);
  },

  'pages of other origins act no more than strangers do': async ({ port, mount }) => {
    const basic = `Basic ${Buffer.from(`x:${TOKEN}`).toString('base64')}`;
    for (const more of [{}, { Origin: 'https://evil.example', ...ON_PURPOSE }]) {
      const headers = { Authorization: basic, ...more };
      const where = `${mount}/captures/cpu-profile`;
      const answer = await ask(port, where, { method: 'POST', headers });
      assert.equal(answer.status, 403);
    }
    const preflight = await ask(port, `${mount}/captures/cpu-profile`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
    });
    assert.equal(preflight.headers['access-control-allow-methods'], undefined);
  },
};

/** A proxy that cuts `/outside` off, as nginx does with `proxy_pass http://app/;`. */
async function proxyTo(t, port) {
  const server = http.createServer((request, response) => {
    const headers = {
      ...request.headers,
      host: 'app:80',
      'x-forwarded-host': request.headers.host,
      'x-forwarded-for': '203.0.113.9',
    };
    const target = { port, host: '127.0.0.1', method: request.method, agent: false, headers };
    const onward = http.request({ ...target, path: request.url.replace('/outside', '') });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => closeServer(server));
  return server.address().port;
}

async function throughProxy(t, { port, mount }) {
  const proxy = await proxyTo(t, port);
  const base = `http://localhost:${proxy}/outside${mount}`;
  const headers = { ...BEARER, Host: `localhost:${proxy}` };
  const redirect = await ask(proxy, `/outside${mount}`, { headers });
  assert.equal(new URL(redirect.headers.location, base).href, `${base}/`);
  assert.equal((await ask(proxy, `/outside${mount}/`, { headers })).status, 200);
  const own = { ...headers, ...ON_PURPOSE, Origin: `http://localhost:${proxy}` };
  const where = `/outside${mount}/captures/heap-dump`;
  assert.equal((await ask(proxy, where, { method: 'POST', headers: own })).status, 404);
  const strange = { ...own, Origin: 'http://localhost:1' };
  assert.equal((await ask(proxy, where, { method: 'POST', headers: strange })).status, 403);
}

for (const [name, start] of Object.entries(HOSTS)) {
  test(name, async (t) => {
    const dir = tempDir(t);
    const captures = path.join(dir, 'captures');
    const host = await start({ token: TOKEN, dir: captures }, { dir });
    try {
      const client = { ...clientOf(host), dir: captures };
      assert.ok(!fs.existsSync(captures), 'mounting makes no folder');
      for (const [clause, hold] of Object.entries(CONTRACT))
        await t.test(clause, () => hold(client));
      await t.test('a proxy may cut a prefix off', (t) => throughProxy(t, host));
    } finally {
      await host.close();
    }
  });
}
