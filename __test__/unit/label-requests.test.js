'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { once } = require('node:events');
const { test } = require('node:test');

const rsprof = require('../..');
const { label } = require('../../lib/label.js');
const { setsAsJson } = require('../../lib/label-sets.js');
const recorder = require('../../lib/label-recorder.js');

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The labels that are current, as a profile would see them. */
const current = (() => {
  let source;
  label({ first: 'use' }, () => {});
  recorder.recordingStarts({
    setLabelSource: (given) => {
      source = given;
    },
    switchLabel: () => {},
  })();
  return () => JSON.parse(setsAsJson())[source() - 1] ?? null;
})();

/** A server on `handler`, and what it answers to requests for `paths`. */
async function answers(t, handler, paths) {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const get = async (path) => {
    const request = http.get({ port: server.address().port, path, agent: false });
    const [response] = await once(request, 'response');
    response.setEncoding('utf8');
    let text = '';
    for await (const chunk of response) text += chunk;
    return JSON.parse(text);
  };
  return Promise.all(paths.map(get));
}

/** Answers with the labels after a while. */
async function handler(_request, response) {
  await wait(5);
  setImmediate(() => response.end(JSON.stringify(current())));
}

const PATHS = ['/users/1?x', '/users/2', '/search'];
const ROUTES = ['GET /users/:id', 'GET /users/:id', 'GET /search'].map((route) => ({ route }));

test('a plain handler is wrapped', async (t) => {
  assert.deepEqual(await answers(t, rsprof.labelRequests(handler), PATHS), ROUTES);
  assert.equal(current(), null);
});

test('as middleware of Connect and Express: (request, response, next)', async (t) => {
  const middleware = rsprof.labelRequests({ route: (request) => request.url.slice(1, 5) });
  assert.equal(middleware.length, 3);
  const app = (request, response) =>
    middleware(request, response, () => handler(request, response));
  const expected = ['user', 'user', 'sear'].map((route) => ({ route }));
  assert.deepEqual(await answers(t, app, PATHS), expected);
});

test('as middleware of Koa: (context, next), a promise', async (t) => {
  const middleware = rsprof.labelRequests();
  const app = async (request, response) => {
    const context = { method: request.method, url: request.url, req: request, res: response };
    assert.equal(await middleware(context, async () => 'answer'), 'answer');
    await middleware(context, () => handler(request, response));
  };
  assert.deepEqual(await answers(t, app, PATHS), ROUTES);
});

test('a route that cannot be found is no problem of the request', async (t) => {
  const warnings = [];
  const listen = (warning) => warnings.push(warning.message);
  process.on('warning', listen);
  t.after(() => process.off('warning', listen));
  let calls = 0;
  const route = () => {
    calls += 1;
    if (calls === 1) throw new Error('no route');
    return calls === 2 ? 7 : 'third';
  };
  const wrapped = rsprof.labelRequests(handler, { route });
  const found = [];
  for (const path of PATHS) found.push(...(await answers(t, wrapped, [path])));
  assert.deepEqual(found, [null, null, { route: 'third' }]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /labelRequests\(\).*no route/);
});

test('errors of the handler are its own, this and arguments too', () => {
  const error = new Error('of the handler');
  const request = { method: 'GET', url: '/' };
  const failing = rsprof.labelRequests(() => {
    throw error;
  });
  assert.throws(() => failing(request), error);
  const plain = rsprof.labelRequests(function (...args) {
    return [this, ...args];
  });
  const self = {};
  assert.deepEqual(plain.call(self, request, 1, 2), [self, request, 1, 2]);
});

test('wrong uses are told', () => {
  const refused = { code: 'ERR_RSPROF_INVALID_ARG' };
  assert.throws(() => rsprof.labelRequests({ path: () => '' }), refused);
  assert.throws(() => rsprof.labelRequests({ route: 'x' }), refused);
  assert.throws(() => rsprof.labelRequests(handler, 7), refused);
  assert.throws(() => rsprof.labelRequests()({ method: 'GET', url: '/' }, {}), {
    ...refused,
    message: /wrap the handler/,
  });
});
