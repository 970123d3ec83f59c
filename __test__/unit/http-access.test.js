'use strict';

// Who may use the route, case by case.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { Access } = require('../../lib/http/access.js');
const { isLoopbackAddress, isLoopbackName, strangenessOf } = require('../../lib/http/loopback.js');
const { isCrossSite } = require('../../lib/http/origin.js');
const { hostName } = require('../../lib/http/request-headers.js');
const { TokenCheck, credentialsOf } = require('../../lib/http/token.js');
const { profiler, settle } = require('../../lib/profiler.js');

const TOKEN = 'sixteen-at-least';

function request(headers = {}, { remoteAddress = '127.0.0.1', method = 'GET' } = {}) {
  const all = { host: 'localhost:80', ...headers };
  return {
    method,
    headers: all,
    rawHeaders: Object.entries(all).flat(),
    socket: { remoteAddress },
  };
}

test('addresses of this machine, and such as only look like it', () => {
  for (const address of ['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'])
    assert.ok(isLoopbackAddress(address), address);
  for (const address of [
    ...[
      undefined,
      '',
      '0.0.0.0',
      '::',
      '10.0.0.1',
      '128.0.0.1',
      '::ffff:10.0.0.1',
      '127.0.0.1.evil',
    ],
    ...['::127.0.0.1', 'fe80::1', 'localhost'],
  ])
    assert.ok(!isLoopbackAddress(address), String(address));
});

test('names of this machine', () => {
  for (const name of ['localhost', 'app.localhost', '127.0.0.1', '127.1.2.3', '[::1]'])
    assert.ok(isLoopbackName(name), name);
  for (const name of [
    '',
    'localhost.evil',
    '127.evil',
    '127.0.0.1.evil',
    '0.0.0.0',
    '[::2]',
    '2130706433',
  ])
    assert.ok(!isLoopbackName(name), name);
});

test('a Host is a name with or without a port, and nothing else', () => {
  assert.equal(hostName('localhost:80'), 'localhost');
  assert.equal(hostName('localhost.'), 'localhost');
  assert.equal(hostName('[::1]:80'), '[::1]');
  for (const host of ['', 'a b', 'a@b', 'a/b', 'a:b', 'a:999999', 'a,b', '[::1', 'a\\b'])
    assert.equal(hostName(host), undefined, host);
});

test('what is strange about a request is told', () => {
  assert.equal(strangenessOf(request(), []), undefined);
  assert.equal(strangenessOf(request({}, { remoteAddress: '10.0.0.1' }), []), 'peer');
  assert.equal(strangenessOf(request({ host: 'evil' }), []), 'host');
  assert.equal(strangenessOf(request({ host: 'name:1' }), ['name']), undefined);
  const headers = [
    ...[
      'forwarded',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-anything',
      'x-real-ip',
      'via',
    ],
    ...[
      'cf-connecting-ip',
      'cf-ray',
      'true-client-ip',
      'x-client-ip',
      'fastly-client-ip',
      'cdn-loop',
    ],
    ...['x-cluster-client-ip', 'x-original-host', 'x-envoy-external-address', 'x-amzn-trace-id'],
  ];
  for (const name of headers)
    assert.equal(strangenessOf(request({ [name]: '' }), []), 'proxy', name);
  for (const name of ['x-request-id', 'x-rsprof', 'accept', 'viable'])
    assert.equal(strangenessOf(request({ [name]: '' }), []), undefined, name);
});

test('credentials are a Bearer token, or the password of Basic', () => {
  const basic = (text) => `Basic ${Buffer.from(text).toString('base64')}`;
  assert.deepEqual(credentialsOf(`Bearer ${TOKEN}`), { scheme: 'bearer', token: TOKEN });
  assert.deepEqual(credentialsOf(`bearer  ${TOKEN} `), { scheme: 'bearer', token: TOKEN });
  assert.deepEqual(credentialsOf(basic(`:${TOKEN}`)), { scheme: 'basic', token: TOKEN });
  assert.deepEqual(credentialsOf(basic('user:with:colons')), {
    scheme: 'basic',
    token: 'with:colons',
  });
  for (const field of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    TOKEN,
    basic(TOKEN),
    basic('user:'),
    'Basic ?',
  ])
    assert.equal(credentialsOf(field), undefined, String(field));
  assert.equal(credentialsOf(`Bearer ${'x'.repeat(5000)}`), undefined);
  const check = new TokenCheck(TOKEN);
  assert.ok(check.accepts(TOKEN));
  for (const token of ['', TOKEN.slice(1), `${TOKEN} `, TOKEN.toUpperCase()])
    assert.ok(!check.accepts(token), token);
});

test('origins: the page itself, the name a proxy passes on, names of the option', () => {
  const isStrange = (headers, hosts = []) => isCrossSite(request(headers), '/health', hosts);
  assert.ok(!isStrange({}));
  assert.ok(!isStrange({ origin: 'http://localhost:80' }));
  assert.ok(!isStrange({ origin: 'https://LOCALHOST:80' }));
  assert.ok(!isStrange({ origin: 'https://public', 'x-forwarded-host': 'public, inner' }));
  assert.ok(!isStrange({ origin: 'https://public:8443' }, ['public']));
  for (const origin of [
    'null',
    '',
    'http://localhost',
    'http://localhost:81',
    'https://evil',
    'localhost:80',
  ])
    assert.ok(isStrange({ origin }), origin);
  assert.ok(isStrange({ 'sec-fetch-site': 'cross-site' }));
  assert.ok(isStrange({ 'sec-fetch-site': 'something new' }));
});

const refusal = (why) => (error) => error.why === why;

test('the way in is named, and the last one is loopback', () => {
  const name = (options) => new Access(settle(options)).name;
  assert.equal(name({}), 'loopback');
  assert.equal(name({ unsafe: true }), 'unsafe');
  assert.equal(name({ authorize: () => true }), 'authorize');
  assert.equal(name({ authorize: () => true, token: TOKEN }), 'token');
});

test('unsafe lets anybody in, and still nobody whom another page sent', async () => {
  const access = new Access(settle({ unsafe: true }));
  const far = { host: 'public', 'x-forwarded-for': '1.2.3.4' };
  await access.admit(request(far, { remoteAddress: '8.8.8.8' }), {});
  assert.throws(
    () => access.check(request(), '/captures/report', { acts: true }),
    refusal('header'),
  );
  access.check(request({ 'x-rsprof': '1' }), '/captures/report', { acts: true });
  access.check(request({ authorization: 'Bearer x' }), '/captures/report', { acts: true });
  const basic = { authorization: 'Basic eDp5' };
  assert.throws(() => access.check(request(basic), '/x', { acts: true }), refusal('header'));
});

test('wrong tokens are counted for each peer', async () => {
  let now = 0;
  const access = new Access(settle({ token: TOKEN, rate: { failures: 1 } }), { clock: () => now });
  const attempt = (remoteAddress, token = 'wrong') =>
    access.admit(request({ authorization: `Bearer ${token}` }, { remoteAddress }), {});
  await assert.rejects(attempt('10.0.0.1'), refusal('token'));
  await assert.rejects(attempt('10.0.0.1'), (error) => {
    assert.equal(error.headers['Retry-After'], '60');
    return error.why === 'attempts';
  });
  await assert.rejects(attempt('10.0.0.2'), refusal('token'));
  await attempt('10.0.0.1', TOKEN);
  now = 60_001;
  await assert.rejects(attempt('10.0.0.1'), refusal('token'));
});

test('authorize() that hangs is given up, and so is one whose client has gone', async (t) => {
  // The route's own timers keep no process alive.
  const alive = setInterval(() => {}, 1000);
  t.after(() => clearInterval(alive));
  const settings = settle({ authorize: () => new Promise(() => {}) });
  const hung = new Access(settings, { authorizeMs: 1 });
  await assert.rejects(hung.admit(request(), {}), refusal('authorize'));
  const controller = new AbortController();
  const waiting = new Access(settings).admit(request(), {}, controller.signal);
  controller.abort();
  await assert.rejects(waiting, refusal('authorize'));
  const gone = new Access(settings).admit(request(), {}, AbortSignal.abort());
  await assert.rejects(gone, refusal('authorize'));
});

test('options that would open it by mistake are refused', () => {
  const wrong = {
    'short token': { token: 'short' },
    'token with a space': { token: 'sixteen characters' },
    'token and unsafe': { token: TOKEN, unsafe: true },
    'authorize and unsafe': { authorize: () => true, unsafe: true },
    'authorize that is none': { authorize: true },
    'a prefix with a slash': { prefix: '/profiler/' },
    'a prefix without one': { prefix: 'profiler' },
    'a host with a port': { hosts: ['name:80'] },
    'an unknown option': { auth: 'basic' },
    'a limit that is none': { limits: { quota: 'much' } },
    'a rate that is none': { rate: { captures: 0 } },
  };
  for (const [name, options] of Object.entries(wrong))
    assert.throws(() => profiler(options), { code: 'ERR_RSPROF_INVALID_ARG' }, name);
  assert.throws(
    () => profiler({ token: 'hunter2' }),
    (error) => !error.message.includes('hunter2'),
  );
});

test('the token may come from the environment', (t) => {
  t.after(() => delete process.env.RSPROF_PROFILER_TOKEN);
  process.env.RSPROF_PROFILER_TOKEN = TOKEN;
  assert.equal(settle({}).token, TOKEN);
  assert.throws(() => settle({ unsafe: true }), { message: /RSPROF_PROFILER_TOKEN/ });
  process.env.RSPROF_PROFILER_TOKEN = 'short';
  assert.throws(
    () => settle({}),
    (error) => !error.message.includes("got 'short"),
  );
});
