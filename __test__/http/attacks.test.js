'use strict';

// The route asked by those who may not, and by those who may without knowing it: nothing leaks.

const assert = require('node:assert/strict');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');

const { ON_PURPOSE, ask, connectionsOf, say, statuses } = require('./client.js');
const { serve } = require('./doubles.js');
const { tempDir } = require('../support/tempdir.js');

const TOKEN = 'correct-horse-battery-staple';
const NOT_FOUND = '{"error":{"code":"ERR_RSPROF_NOT_FOUND","message":"not found"}}\n';

/** Paths of the route that must not tell strangers apart. */
const PATHS = [
  '/profiler',
  '/profiler/',
  '/profiler/health',
  '/profiler/metrics',
  '/profiler/events',
  '/profiler/captures/abcdefghijklmnop/file',
  '/profiler/nothing',
];

const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const basic = (token) => ({
  Authorization: `Basic ${Buffer.from(`somebody:${token}`).toString('base64')}`,
});

/** What an answer tells, apart from the time. */
function told({ status, headers, text }) {
  const { date: _date, ...rest } = headers;
  return { status, headers: rest, text };
}

test('strangers are told the same everywhere, as if there were nothing', async (t) => {
  const { port } = await serve(t);
  const unknown = told(await ask(port, '/profiler/nothing'));
  assert.equal(unknown.status, 404);
  assert.equal(unknown.text, NOT_FOUND);
  const strange = [
    { 'X-Forwarded-For': '127.0.0.1' },
    { Forwarded: 'for=127.0.0.1' },
    { 'X-Real-IP': '127.0.0.1' },
    { 'X-Forwarded-Proto': 'https' },
    { Via: '1.1 proxy' },
    { 'CF-Connecting-IP': '127.0.0.1' },
    { 'True-Client-IP': '127.0.0.1' },
    { Host: 'rebound.example' },
    { Host: 'localhost.rebound.example' },
    { Host: '127.0.0.1.rebound.example' },
    { Host: '0.0.0.0' },
    { Host: 'localhost@rebound.example' },
  ];
  for (const headers of strange) {
    for (const where of PATHS) {
      const answer = told(await ask(port, where, { headers }));
      assert.deepEqual(answer, unknown, `${where} ${JSON.stringify(headers)}`);
    }
  }
});

test('names of this machine are fine, and those of the option', async (t) => {
  const { port } = await serve(t, { hosts: ['Profiler.internal'] });
  const names = [
    'localhost',
    'localhost:9',
    '127.0.0.1',
    '127.9.9.9:1',
    '[::1]:8',
    'profiler.internal:80',
  ];
  for (const Host of names) {
    assert.equal((await ask(port, '/profiler/health', { headers: { Host } })).status, 200, Host);
  }
});

test('a peer that is not this machine gets nothing, nor does one without an address', async (t) => {
  const addresses = Object.values(os.networkInterfaces()).flat();
  const own = addresses.find(({ internal, family }) => !internal && family === 'IPv4');
  const { route } = await serve(t);
  const handler = (request, response) => route.handle(request, response);
  const dir = tempDir(t);
  const socketPath = path.join(dir, 'socket');
  const local = http.createServer(handler).listen(socketPath);
  t.after(() => local.close());
  await new Promise((resolve) => local.once('listening', resolve));
  const status = await new Promise((resolve, reject) => {
    const request = http.get({
      socketPath,
      path: '/profiler/health',
      headers: { Host: 'localhost' },
    });
    request.on('error', reject);
    request.on('response', (response) => resolve(response.resume().statusCode));
  });
  assert.equal(status, 404);
  if (!own) return;
  const open = http.createServer(handler).listen(0, '0.0.0.0');
  t.after(() => open.close());
  await new Promise((resolve) => open.once('listening', resolve));
  const answer = await new Promise((resolve, reject) => {
    const options = { host: own.address, port: open.address().port, path: '/profiler/health' };
    const headers = { Host: 'localhost' };
    http.get({ ...options, headers, agent: false }, (r) => resolve(r.resume())).on('error', reject);
  });
  assert.equal(answer.statusCode, 404);
});

test('with a token: none and a wrong one are 401 everywhere, the right one opens', async (t) => {
  const { port } = await serve(t, { token: TOKEN, rate: { failures: 1000 } });
  const wrong = [
    {},
    bearer('correct-horse-battery-stapl'),
    bearer(`${TOKEN}x`),
    basic('wrong'),
    { Authorization: TOKEN },
    { Authorization: 'Basic ' },
    { Authorization: `Basic ${Buffer.from(TOKEN).toString('base64')}` },
    { Authorization: `Digest ${TOKEN}` },
    { Authorization: `Bearer ${'x'.repeat(10_000)}` },
    { Cookie: `token=${TOKEN}` },
  ];
  let first;
  for (const headers of wrong) {
    for (const where of PATHS) {
      const answer = told(await ask(port, `${where}?token=${TOKEN}`, { headers }));
      first ??= answer;
      assert.deepEqual(answer, first, `${where} ${JSON.stringify(headers)}`);
    }
  }
  assert.equal(first.status, 401);
  assert.match(first.headers['www-authenticate'], /^Basic realm="rsprof"/);
  assert.ok(!first.text.includes(TOKEN));
  for (const headers of [bearer(TOKEN), basic(TOKEN), { Authorization: `bEARER  ${TOKEN}` }]) {
    // Not this machine's business any more: a proxy may be in between.
    const more = { ...headers, Host: 'public.example', 'X-Forwarded-For': '203.0.113.9' };
    assert.equal((await ask(port, '/profiler/health', { headers: more })).status, 200);
  }
});

test('who tries tokens is slowed down, and locks nobody out', async (t) => {
  const { port } = await serve(t, { token: TOKEN, rate: { failures: 5 } });
  const codes = [];
  for (let times = 0; times < 8; times++) {
    codes.push((await ask(port, '/profiler/health', { headers: bearer(`wrong${times}`) })).status);
  }
  assert.deepEqual(codes, [401, 401, 401, 401, 401, 429, 429, 429]);
  assert.equal((await ask(port, '/profiler/health')).status, 401);
  assert.equal((await ask(port, '/profiler/health', { headers: bearer(TOKEN) })).status, 200);
});

test('authorize() that throws, hangs or answers strangely is a 404 like any other', async (t) => {
  const answers = {
    throws() {
      throw new Error('the database');
    },
    rejects: async () => {
      throw new Error('the database');
    },
    hangs: () => new Promise(() => {}),
    'is truthy': () => 1,
    'is an object': () => ({ allowed: true }),
    nothing: () => undefined,
    'is a hostile thenable': () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is the point
      get then() {
        throw new Error('then');
      },
    }),
  };
  for (const [name, authorize] of Object.entries(answers)) {
    const { port } = await serve(t, { authorize }, { access: { authorizeMs: 20 } });
    for (const where of ['/profiler/health', '/profiler/']) {
      const answer = await ask(port, where);
      assert.equal(answer.status, 404, name);
      assert.equal(answer.text, NOT_FOUND, name);
    }
  }
});

test('authorize() knows what is asked for; with a token both must agree', async (t) => {
  const asked = [];
  const authorize = async ({ headers }, context) => {
    asked.push(context);
    return headers['x-user'] === 'admin';
  };
  const { port } = await serve(t, { authorize, token: TOKEN });
  const headers = { ...bearer(TOKEN), 'X-User': 'admin' };
  assert.equal((await ask(port, '/profiler/health', { headers })).status, 200);
  assert.equal((await ask(port, '/profiler/health', { headers: bearer(TOKEN) })).status, 404);
  assert.equal(
    (await ask(port, '/profiler/health', { headers: { 'X-User': 'admin' } })).status,
    401,
  );
  await ask(port, '/profiler/captures/cpu-profile', { method: 'POST', headers });
  assert.deepEqual(asked, [
    { route: '/health', acts: false, downloads: false },
    { route: '/health', acts: false, downloads: false },
    { route: '/captures/:kind', acts: true, downloads: false },
  ]);
});

test('a client that goes while authorize() thinks leaves nothing behind', async (t) => {
  let entered;
  const thinking = new Promise((resolve) => {
    entered = resolve;
  });
  const authorize = () => {
    entered();
    return new Promise(() => {});
  };
  const { port, parts, server } = await serve(t, { authorize });
  const request = http.request({ port, path: '/profiler/captures/cpu-profile', method: 'POST' });
  request.on('error', () => {});
  request.setHeader('X-Rsprof', '1');
  request.end();
  await thinking;
  request.destroy();
  await connectionsOf(server, 0);
  assert.equal(parts.operations.started.length, 0);
});

test('pages of other sites start nothing, with whatever a browser sends along', async (t) => {
  const sent = [
    {},
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: 'http://localhost:1', ...ON_PURPOSE },
    { Origin: 'https://evil.example', ...ON_PURPOSE },
    { 'Sec-Fetch-Site': 'cross-site', ...ON_PURPOSE },
    { 'Sec-Fetch-Site': 'same-site', ...ON_PURPOSE },
    { 'Content-Type': 'text/plain' },
    { 'Content-Type': 'application/x-www-form-urlencoded' },
  ];
  const loopback = await serve(t, { simple: true });
  const closed = await serve(t, { simple: true, token: TOKEN });
  for (const [{ port, parts }, known] of [
    [loopback, {}],
    [closed, basic(TOKEN)],
  ]) {
    for (const one of sent) {
      const headers = { ...known, ...one };
      for (const [method, where] of [
        ['POST', '/profiler/captures/cpu-profile'],
        ['DELETE', '/profiler/captures/abcdefghijklmnop'],
        ['GET', '/profiler/profile'],
      ]) {
        const { status } = await ask(port, where, { method, headers });
        assert.equal(status, 403, `${method} ${where} ${JSON.stringify(one)}`);
      }
    }
    assert.equal(parts.operations.started.length, 0);
    assert.equal(parts.captures.known.size, 1);
  }
});

test('pages of other sites read nothing; a link to the page opens it', async (t) => {
  const { port } = await serve(t);
  const navigation = {
    'Sec-Fetch-Site': 'cross-site',
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Dest': 'document',
  };
  const statusOf = async (where, headers) => (await ask(port, where, { headers })).status;
  assert.equal(await statusOf('/profiler/', navigation), 200);
  assert.equal(await statusOf('/profiler', navigation), 308);
  assert.equal(await statusOf('/profiler/health', navigation), 403);
  const framed = { ...navigation, 'Sec-Fetch-Dest': 'iframe' };
  assert.equal(await statusOf('/profiler/', framed), 403);
  const script = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' };
  assert.equal(await statusOf('/profiler/', script), 403);
  const own = { 'Sec-Fetch-Site': 'same-origin', Origin: `http://127.0.0.1:${port}` };
  assert.equal(await statusOf('/profiler/health', own), 200);
});

test('paths that climb, hide or confuse find nothing', async (t) => {
  const { port } = await serve(t);
  const paths = [
    '/profiler/assets/..%2f..%2fpackage.json',
    '/profiler/assets/../../package.json',
    '/profiler/assets/%2e%2e/package.json',
    '/profiler/assets/..',
    '/profiler/assets/profiler.js%00.png',
    '/profiler/assets/%70rofiler.js',
    '/profiler/assets//profiler.js',
    '/profiler//health',
    '/profiler/./health',
    '/profiler/health/',
    '/profiler/health;x=1',
    '/profiler/HEALTH',
    '/profiler/%68ealth',
    '/profiler/captures/..%2f..%2fetc%2fpasswd/file',
    '/profiler/captures/../file',
    '/profiler/captures/%5c%5cserver%5cshare/file',
    '/profiler/captures/__proto__',
    '/profiler/operations/constructor',
    `/profiler/captures/${'a'.repeat(5000)}/file`,
    `/profiler/${'a/'.repeat(3000)}`,
    `/profiler/health?${'x'.repeat(9000)}`,
  ];
  for (const where of paths) {
    const { status } = await ask(port, where);
    assert.equal(status, 404, where);
  }
  const { headers } = await ask(port, '/profiler?next=//evil.example/%0d%0aSet-Cookie:%20a=b');
  assert.equal(headers.location, './profiler/');
  assert.equal(headers['set-cookie'], undefined);
});

test('requests that no client sends are refused without harm', async (t) => {
  const { port, parts } = await serve(t);
  const host = `Host: localhost:${port}\r\n`;
  const bytes = {
    'two hosts': `GET /profiler/health HTTP/1.1\r\n${host}Host: evil.example\r\n\r\n`,
    'two hosts that agree': `GET /profiler/health HTTP/1.1\r\n${host}${host}\r\n`,
    'two origins': `GET /profiler/health HTTP/1.1\r\n${host}Origin: http://localhost:${port}\r\nOrigin: http://evil.example\r\n\r\n`,
    'no host': 'GET /profiler/health HTTP/1.0\r\n\r\n',
    'an absolute address': `GET http://evil.example/profiler/health HTTP/1.1\r\n${host}\r\n`,
    'an asterisk': `OPTIONS * HTTP/1.1\r\n${host}\r\n`,
    'no slash': `GET profiler/health HTTP/1.1\r\n${host}\r\n`,
    'a broken header': `GET /profiler/health HTTP/1.1\r\n${host}X: a\r\nb\r\n\r\n`,
    'a header in the path': `GET /profiler/%0d%0aX:1/health HTTP/1.1\r\n${host}\r\n`,
    'bytes beyond ASCII': `GET /profiler/\xff\xfe HTTP/1.1\r\n${host}\r\n`,
    'two lengths': `POST /profiler/captures/cpu-profile HTTP/1.1\r\n${host}X-Rsprof: 1\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n`,
    smuggling: `POST /profiler/captures/cpu-profile HTTP/1.1\r\n${host}X-Rsprof: 1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    rubbish: '\x16\x03\x01\x02\x00\x01\x00',
  };
  for (const [name, text] of Object.entries(bytes)) {
    const [status] = statuses(await say(port, Buffer.from(text, 'latin1'), { end: true }));
    assert.ok(status === undefined || status >= 400, `${name}: ${status}`);
  }
  assert.equal(parts.operations.started.length, 0);
  assert.equal((await ask(port, '/profiler/health')).status, 200);
});
