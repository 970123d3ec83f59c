'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { inspect } = require('node:util');
const { continuous } = require('../../index.js');
const { resolveOptions } = require('../../lib/options.js');
const { Pyroscope, seriesName } = require('../../lib/continuous-pyroscope.js');
const { parseName } = require('../support/pyroscope.js');
const { assertIdle, code, tempDir } = require('./support.js');

test.afterEach(assertIdle);

const PUSH = Object.freeze({ url: 'http://localhost:4040', appName: 'app' });

/** The refusal of options, which must say `pattern`. */
function refuses(options, pattern) {
  assert.throws(
    () => continuous(options),
    code('INVALID_ARG', ({ message }) => assert.match(message, pattern)),
    inspect(options),
  );
}

const refusesPush = (push, pattern) => refuses({ push: { ...PUSH, ...push } }, pattern);

test('the defaults', () => {
  const { push, ...rest } = resolveOptions('continuous', { push: PUSH });
  assert.deepEqual(rest, {
    dir: undefined,
    signal: undefined,
    interval: 10_000,
    window: 60,
    cpu: { interval: undefined },
    heap: { interval: 524_288, stackDepth: 32, includeCollected: false },
    keep: 60,
    maxBytes: 268_435_456,
    minFreeBytes: 67_108_864,
    onError: undefined,
  });
  assert.deepEqual(push, {
    url: new URL('http://localhost:4040'),
    appName: 'app',
    labels: {},
    token: undefined,
    basicAuth: undefined,
    tenantId: undefined,
    headers: {},
    timeout: 10,
    retryDelay: 1,
    maxRetryDelay: 60,
    flushTimeout: 5,
    maxQueueBytes: 16_777_216,
  });
});

test('RSPROF_DIR is not the folder of a ring', (t) => {
  process.env.RSPROF_DIR = tempDir(t);
  t.after(() => delete process.env.RSPROF_DIR);
  refuses({}, /needs dir, push or both/);
});

test('what makes no sense is refused by name', () => {
  refuses({ dir: '.', cpu: false, heap: false }, /needs cpu, heap or both/);
  refuses({ dir: '.', window: 0 }, /'window'.*from 0.01 to 3600 seconds/);
  refuses({ dir: '.', every: 1 }, /no option 'every'/);
  refuses({ dir: '.', cpu: { hz: 100 } }, /'cpu' of continuous\(\) has no 'hz'; it takes interval/);
  refuses({ dir: '.', cpu: { interval: 1 } }, /'interval' in option 'cpu' .*from 50 to/);
  refuses({ dir: '.', heap: 7 }, /'heap' .*true, false or an object with interval, stackDepth/);
  refuses({ push: { appName: 'a' } }, /'push' .*needs 'url': an http: or https: URL/);
  refuses({ push: { url: 'http://a' } }, /needs 'appName'/);
  refusesPush({ url: 'ftp://a' }, /'url'.*http: or https: URL/);
  refusesPush({ appName: 'a{b}' }, /'appName'.*letters, digits/);
  refusesPush({ headers: { 'Content-Type': 'x' } }, /none of content-length, content-type/);
  refusesPush({ headers: { a: 'b\r\nc: d' } }, /header fields/);
  refusesPush({ tenantId: 'a\nb' }, /a text that a header can hold/);
  refusesPush({ token: 'a', basicAuth: { user: 'b', password: 'c' } }, /takes one of token/);
  refusesPush({ token: 'a', headers: { authorization: 'b' } }, /takes one of token/);
  refusesPush({ url: 'http://a:b@c', token: 'a' }, /takes one of token/);
});

test('no refusal shows a secret', () => {
  const secrets = [
    { push: 'http://me:hunter2@host' },
    { push: { ...PUSH, token: 'hunter2\n' } },
    { push: { ...PUSH, token: { hunter2: 1 } } },
    { push: { ...PUSH, headers: { key: 'hunter2\n' } } },
    { push: { ...PUSH, basicAuth: 'hunter2' } },
    { push: { ...PUSH, basicAuth: { user: 'me', password: ['hunter2'] } } },
    { push: { ...PUSH, url: 'gopher://me:hunter2@host' } },
    { push: [{ token: 'hunter2' }] },
  ];
  for (const options of secrets) {
    assert.throws(
      () => continuous(options),
      code('INVALID_ARG', (error) => assert.doesNotMatch(inspect(error), /hunter2/)),
    );
  }
});

test('labels: what Pyroscope would refuse, cut or merge is refused here', () => {
  const bad = [
    { 'a-b': '1' },
    { '': '1' },
    { __name__: 'x' },
    { '..a': 'x' },
    { '1a': 'x' },
    { a: '' },
    { a: 'b,c' },
    { a: 'b}' },
    { a: ' b' },
    { a: 'b\n' },
    { a: null },
    { a: 'é'.repeat(1025) },
    { [`a${'b'.repeat(1024)}`]: 'x' },
    { 'a.b': '1', a_b: '2' },
    Object.fromEntries(Array.from({ length: 25 }, (_, number) => [`l${number}`, 'x'])),
    ['a'],
  ];
  for (const labels of bad)
    refusesPush({ labels }, /'labels' in option 'push' .*at most 24 labels/);
});

test('a name with labels is read by Pyroscope as it was meant', () => {
  const labels = { region: 'eu', 'host.name': 'a{b=c "d" é', build: 7, canary: true };
  const { push } = resolveOptions('continuous', { push: { ...PUSH, labels } });
  const text = seriesName('shop/api-1.2', push.labels);
  assert.deepEqual(parseName(text), {
    name: 'shop/api-1.2',
    labels: { ...labels, build: '7', canary: 'true' },
  });
  assert.equal(
    text,
    seriesName('shop/api-1.2', Object.fromEntries(Object.entries(push.labels).reverse())),
  );
});

test('the address: below a path, not doubled, without what is secret in it', () => {
  const cases = [
    ['http://host:4040', 'http://host:4040/ingest'],
    ['https://host/', 'https://host/ingest'],
    ['https://me:hunter2@host/a/b/?x=1#y', 'https://host/a/b/ingest'],
    ['http://host/ingest', 'http://host/ingest'],
  ];
  for (const [url, address] of cases) {
    const { push } = resolveOptions('continuous', { push: { ...PUSH, url } });
    const receiver = new Pyroscope(push, 10_000);
    assert.equal(receiver.address, address);
    const request = receiver.request(
      { kind: 'cpu', from: 1_700_000_000_999, until: 1_700_000_060_000 },
      Buffer.from('x'),
    );
    assert.ok(request.url.href.startsWith(`${address}?`));
    assert.equal(request.url.searchParams.get('from'), '1700000000');
    assert.equal(
      request.url.searchParams.get('format'),
      null,
      'Pyroscope would take the form for a pprof',
    );
    const authorization = url.includes('me:') ? `Basic ${btoa('me:hunter2')}` : undefined;
    assert.equal(request.headers.Authorization, authorization);
  }
});
