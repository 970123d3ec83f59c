'use strict';

/** The requests of the page. */

const assert = require('node:assert/strict');
const test = require('node:test');

const { ApiError, makeApi } = require('../../web/api.js');

function apiOf(answer, pathname = '/profiler/') {
  const requests = [];
  const fetch = async (url, options) => {
    requests.push({ url, ...options });
    return answer(requests.length, url);
  };
  return { requests, api: makeApi({ location: { origin: 'http://host:1', pathname }, fetch }) };
}

const json = (body, init) => new Response(JSON.stringify(body), init);

test('requests stay below the page, and carry the header', async () => {
  const { api, requests } = apiOf(() => json({ fine: true }), '/admin/profiler/');
  assert.deepEqual(await api.get('status'), { fine: true });
  assert.equal(requests[0].url, 'http://host:1/admin/profiler/status');
  assert.equal(requests[0].headers['X-Rsprof'], '1');
  assert.equal(requests[0].credentials, 'same-origin');
  await api.post('captures/report');
  await api.remove('captures/x');
  assert.deepEqual(
    requests.map(({ method }) => method),
    ['GET', 'POST', 'DELETE'],
  );
});

test('an answer without a body is null; a text stays one', async () => {
  assert.equal(
    await apiOf(() => new Response(null, { status: 204 })).api.remove('captures/x'),
    null,
  );
  assert.equal(await apiOf(() => new Response('<p>')).api.text('x'), '<p>');
});

test('errors have status, code, message and when to try again', async () => {
  const error = { code: 'ERR_RSPROF_BUSY', message: 'a capture runs' };
  const init = { status: 409, headers: { 'Retry-After': '7' } };
  await assert.rejects(apiOf(() => json({ error }, init)).api.post('captures/report'), (found) => {
    assert.ok(found instanceof ApiError);
    const { status, code, message, retryAfter } = found;
    assert.deepEqual(
      { status, retryAfter, code, message },
      { status: 409, retryAfter: 7, ...error },
    );
    return true;
  });
});

test("a proxy's page is an error, too; so is no answer at all", async () => {
  const page = () => new Response('<h1>Bad gateway', { status: 502, statusText: 'Bad Gateway' });
  await assert.rejects(apiOf(page).api.get('x'), { status: 502, message: 'Bad Gateway' });
  const nobody = () => {
    throw new TypeError('fetch failed');
  };
  await assert.rejects(apiOf(nobody).api.get('x'), { status: 0, code: 'NOT_REACHABLE' });
});

test('an operation is followed to its end', async () => {
  const states = ['running', 'running', 'done'];
  const { api } = apiOf((turn) => json({ id: '7', state: states[turn - 1] }));
  const seen = [];
  const ended = await api.operation('7', ({ state }) => seen.push(state));
  assert.equal(ended.state, 'done');
  assert.deepEqual(seen, states);
});

test('following stops when it is told to', async () => {
  const { api, requests } = apiOf(() => json({ id: '7', state: 'running' }));
  const ending = new AbortController();
  const following = api.operation('7', () => ending.abort(), ending.signal);
  await assert.rejects(following, { name: 'AbortError' });
  assert.equal(requests.length, 1);
});
