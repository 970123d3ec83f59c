'use strict';

// The route's pure parts: paths, parameters, rates, statuses.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { CODES } = require('../../lib/errors.js');
const { placeBelow, placeOf, slashedMount, slashes } = require('../../lib/http/mount.js');
const query = require('../../lib/http/query.js');
const { MOST_KEYS, Rate, Rates } = require('../../lib/http/rate.js');
const { Router } = require('../../lib/http/router.js');
const { ROUTES, SIMPLE, routesFor } = require('../../lib/http/routes.js');
const { STATUS, statusOf } = require('../../lib/http/status.js');

const pathOf = (url, prefix, originalUrl) => placeOf({ url, originalUrl }, prefix)?.path;

test('a request stands below the mount, at it, or outside', () => {
  assert.equal(pathOf('/profiler/health?x', '/profiler'), '/health');
  assert.equal(pathOf('/profiler/', '/profiler'), '/');
  assert.equal(pathOf('/profiler?x=/', '/profiler'), '');
  assert.equal(pathOf('/profilers', '/profiler'), undefined);
  assert.equal(pathOf('/Profiler/', '/profiler'), undefined);
  assert.equal(pathOf('/%70rofiler/', '/profiler'), undefined);
  assert.equal(pathOf('http://evil.example/profiler/', '/profiler'), undefined);
  assert.equal(pathOf('http://evil.example/', ''), undefined);
  assert.equal(pathOf('*', ''), undefined);
});

test('of a host that cuts its prefix off, the original tells whether the slash was there', () => {
  assert.equal(pathOf('/', '', '/app/profiler'), '');
  assert.equal(pathOf('/?a=/', '', '/app/profiler?a=/'), '');
  assert.equal(pathOf('/', '', '/app/profiler/?a'), '/');
  assert.equal(pathOf('/health', '', '/app/profiler/health'), '/health');
});

test('a mount whose text varies is counted by its parts', () => {
  assert.equal(slashes('/:tenant/profiler'), 2);
  assert.equal(placeBelow('/one/profiler/health?a', 2).path, '/health');
  assert.equal(placeBelow('/one/profiler/', 2).path, '/');
  assert.equal(placeBelow('/one/profiler?a=/b/c/d', 2).path, '');
});

test('the way to the page is a path below the same folder, whatever was asked', () => {
  const urls = [
    '/profiler',
    '/a/b?lang=zh',
    '/a:b',
    '/a/\\\\evil.example',
    '/a"><b>',
    '/x//evil.example',
  ];
  for (const url of urls) {
    const base = new URL(`http://app.example${url.replaceAll('"', '%22')}`);
    const target = new URL(slashedMount(url), base);
    assert.equal(target.origin, 'http://app.example', url);
    assert.ok(target.pathname.endsWith('/'), url);
    assert.doesNotMatch(slashedMount(url), /["<>\r\n]/, url);
  }
  assert.equal(slashedMount('/a/b?lang=zh'), './b/?lang=zh');
  assert.equal(slashedMount('/a/b?x=<script>'), './b/');
});

const TABLE = [
  { method: 'GET', path: '/' },
  { method: 'GET', path: '/things/:id' },
  { method: 'DELETE', path: '/things/:id' },
  { method: 'POST', path: '/things/:kind' },
  { method: 'GET', path: '/things/:id/parts/:part' },
];

test('routes are found part by part, HEAD where GET is', () => {
  const router = new Router(TABLE);
  assert.equal(router.find('GET', '/').route, TABLE[0]);
  const found = router.find('HEAD', '/things/a-b_c.d/parts/7');
  assert.equal(found.route, TABLE[4]);
  assert.deepEqual(found.parameters, { id: 'a-b_c.d', part: '7' });
  assert.equal(router.find('POST', '/things/x').route, TABLE[3]);
  assert.deepEqual(router.find('PUT', '/things/x').allowed, ['GET', 'HEAD', 'DELETE', 'POST']);
});

test('a part is a plain name: nothing that climbs, escapes, or is empty', () => {
  const router = new Router(TABLE);
  const bad = [
    '',
    '.',
    '..',
    '...',
    '%2e',
    'a%2fb',
    'a\\b',
    'a b',
    'a;b',
    'ä',
    'a\0',
    'x'.repeat(101),
  ];
  for (const part of bad) {
    const { route, allowed } = router.find('GET', `/things/${part}`);
    assert.equal(route, undefined, part);
    assert.deepEqual(allowed, [], part);
  }
});

test('what acts or gives away says so, and simple GETs are an option', () => {
  for (const { method, path: where, acts, action } of [...ROUTES, ...SIMPLE]) {
    if (method === 'GET' && ROUTES.some(({ path: other }) => other === where)) continue;
    assert.equal(acts, true, `${method} ${where}`);
    assert.ok(action, where);
  }
  const giving = ROUTES.filter(({ downloads }) => downloads).map(({ path: where }) => where);
  assert.deepEqual(giving, ['/captures/:id/file', '/captures/:id/export/:format']);
  assert.ok(SIMPLE.every(({ downloads }) => downloads));
  assert.equal(routesFor({ simple: false }), ROUTES);
  assert.equal(routesFor({ simple: true }).length, ROUTES.length + SIMPLE.length);
});

const FIELDS = {
  seconds: query.number(0.5, 10, 1),
  limit: query.integer(1, 100),
  raw: query.flag(),
  lang: query.choice(['en', 'zh'], 'en'),
  text: query.line(5),
};

test('parameters are read as what they are, with their defaults', () => {
  assert.deepEqual(query.readQuery('', FIELDS), { seconds: 1, raw: false, lang: 'en' });
  assert.deepEqual(query.readQuery('?seconds=2.5&limit=7&raw&lang=zh&text=a%20%C3%A4', FIELDS), {
    ...{ seconds: 2.5, limit: 7, raw: true, lang: 'zh' },
    text: 'a ä',
  });
});

test('a wrong parameter is named, and what is allowed', () => {
  const wrong = {
    '?seconds=11': /'seconds' must be a number from 0.5 to 10; got "11"/,
    '?seconds=1e1': /'seconds'/,
    '?seconds=': /'seconds'/,
    '?seconds=-1': /'seconds'/,
    '?seconds=Infinity': /'seconds'/,
    '?limit=1.5': /'limit' must be an integer from 1 to 100/,
    '?lang=fr': /'lang' must be one of en, zh/,
    '?raw=maybe': /'raw'/,
    '?raw=toString': /'raw'/,
    '?text=123456': /'text' must be a text of at most 5 characters/,
    '?text=a%0d%0a': /'text'/,
    '?text=%00': /'text'/,
    '?text=a&text=b': /'text' stands there twice/,
    '?__proto__=1': /there is no parameter "__proto__" here; this route takes seconds, limit, raw/,
  };
  for (const [search, message] of Object.entries(wrong)) {
    const read = () => query.readQuery(search, FIELDS);
    assert.throws(read, { code: 'ERR_RSPROF_INVALID_ARG', message }, search);
  }
  assert.throws(() => query.readQuery('?x=1'), { message: /takes none/ });
});

test('a rate lets so many through in its time, and says how long to wait', () => {
  let now = 0;
  const rate = new Rate(3, 60_000, () => now);
  assert.deepEqual([rate.take(), rate.take(), rate.take(), rate.take()], [true, true, true, false]);
  assert.equal(rate.wait, 20);
  now = 19_999;
  assert.equal(rate.take(), false);
  assert.equal(rate.wait, 1);
  now = 20_001;
  assert.equal(rate.wait, 0);
  assert.equal(rate.take(), true);
  assert.equal(rate.take(), false);
  rate.giveBack();
  assert.equal(rate.take(), true);
  now = 10_000_000;
  assert.deepEqual([rate.take(), rate.take(), rate.take(), rate.take()], [true, true, true, false]);
});

test('rates of peers are bounded, and the least recently used one goes first', () => {
  const rates = new Rates(() => new Rate(1, 60_000, () => 0));
  assert.equal(rates.of('first').take(), true);
  assert.equal(rates.of('second').take(), true);
  for (let index = 0; index < MOST_KEYS - 2; index++) rates.of(`peer ${index}`);
  assert.equal(rates.of('first').take(), false);
  rates.of('one more');
  assert.equal(rates.size, MOST_KEYS);
  assert.equal(rates.of('first').take(), false);
  assert.equal(rates.of('second').take(), true);
});

test('every code that the route gives its own status exists, and the rest is 500', () => {
  for (const code of Object.keys(STATUS)) assert.ok(CODES.includes(code), code);
  assert.equal(statusOf('ERR_RSPROF_BUSY'), 409);
  assert.equal(statusOf('ERR_RSPROF_INTERNAL'), 500);
  assert.equal(statusOf(undefined), 500);
});

test('the status of an error is decided in one place', () => {
  const folder = path.join(__dirname, '..', '..', 'lib', 'http');
  const files = fs.readdirSync(folder, { recursive: true }).map(String);
  for (const file of files.filter((name) => name.endsWith('.js') && name !== 'status.js')) {
    const text = fs.readFileSync(path.join(folder, file), 'utf8');
    assert.doesNotMatch(text, /ERR_RSPROF_\w+'?\s*:\s*[45]\d\d/, file);
  }
});
