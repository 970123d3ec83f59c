'use strict';

// One GET that captures and answers with the file: by a real server, with clients that stay and that go away.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const v8 = require('node:v8');
const vm = require('node:vm');
const zlib = require('node:zlib');

const { ROUTES, answerWithCapture } = require('../../lib/http/simple.js');
const { plantedAllocator, plantedBusy } = require('../support/busy.js');
const { isNative, nodeMajor } = require('../support/env.js');
const { goPprof, hasGo, readPprof } = require('../support/pprof.js');
const { ask, makeProfiler, serve } = require('../support/profiler.js');
const { names, tempDir } = require('../support/tempdir.js');
const { until } = require('../unit/support.js');

async function withServer(t, options) {
  const profiler = makeProfiler(t, options);
  const server = await serve(t, (call, url) => {
    const route = url.pathname.slice(1);
    return answerWithCapture(call, profiler, route, Object.fromEntries(url.searchParams));
  });
  return { ...profiler, ...server };
}

const MIB = 1 << 20;

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');

/** Some 50 MB that nobody holds any more. */
function makeGarbage() {
  plantedAllocator(50);
  collect();
}

const captured = (dir) => names(dir).filter((name) => !/^rsprof[-.]/.test(name));

test('a CPU profile as it is done, and it stays in the list', async (t) => {
  const server = await withServer(t);
  const answer = ask(server, '/cpu-profile?seconds=0.3&reason=by+hand');
  await until(() => server.operations.isCapturing && server.operations.list().length === 1);
  plantedBusy(200);
  const { status, headers, body } = await answer;
  assert.equal(status, 200);
  assert.match(headers['content-disposition'], /^attachment; filename="[\w.-]+\.cpuprofile"$/);
  assert.ok(
    JSON.parse(body).nodes.some(({ callFrame }) => callFrame.functionName === 'plantedBusy'),
  );
  const [{ reason, id }] = await server.captures.list();
  assert.equal(reason, 'profiler: by hand');
  assert.equal((await server.outcomes[0]).capture, id);
});

test('a heap snapshot, packed where the client takes that', async (t) => {
  const server = await withServer(t);
  const { headers, body } = await ask(server, '/heap-snapshot', {
    headers: { 'accept-encoding': 'gzip' },
  });
  assert.equal(headers['content-encoding'], 'gzip');
  assert.ok(JSON.parse(zlib.gunzipSync(body)).snapshot.node_count > 1000);
});

test('what is refused is an error, not a file', async (t) => {
  const server = await withServer(t, { maxSeconds: 5 });
  const codeOf = async (target) => JSON.parse((await ask(server, target)).body).code;
  assert.equal(await codeOf('/cpu-profile?seconds=6'), 'ERR_RSPROF_INVALID_ARG');
  assert.equal(await codeOf('/cpu-profile?seconds=x'), 'ERR_RSPROF_INVALID_ARG');
  const first = ask(server, '/profile?seconds=0.5');
  await until(() => server.operations.list().length === 1);
  assert.equal(await codeOf('/heap-snapshot'), 'ERR_RSPROF_BUSY');
  await first;
});

test('a client that goes away cancels the capture; nothing is left', async (t) => {
  const server = await withServer(t);
  for (const target of [
    '/cpu-profile?seconds=100',
    '/heap-profile?seconds=100',
    '/heap-snapshot',
    '/profile?seconds=100',
  ]) {
    const before = server.outcomes.length;
    const request = http.get({ port: server.port, host: '127.0.0.1', path: target, agent: false });
    request.on('error', () => {});
    await until(() => server.outcomes.length > before && server.operations.isCapturing);
    request.destroy();
    const outcome = await server.outcomes.at(-1);
    assert.deepEqual([outcome.status, outcome.complete], [499, false]);
    assert.equal(server.operations.isCapturing, false);
    assert.deepEqual(captured(server.dir), [], target);
  }
});

test('a capture that is cancelled by somebody else is an error', async (t) => {
  const server = await withServer(t);
  const answer = ask(server, '/cpu-profile?seconds=100');
  await until(() => server.operations.list().length === 1);
  server.operations.cancel(server.operations.list()[0].id);
  assert.equal(JSON.parse((await answer).body).code, 'ERR_RSPROF_ABORTED');
});

/** Bytes that the function of that name holds in a profile. */
function bytesOf({ samples, types }, name) {
  const at = types.length - 1;
  const own = samples.filter(({ stack }) => stack.some((frame) => frame.name === name));
  return own.reduce((sum, { values }) => sum + values[at], 0);
}

test('the names of Go answer in pprof format', { skip: !isNative }, async (t) => {
  const server = await withServer(t);
  const file = path.join(tempDir(t), 'profile.pb.gz');
  const profiles = {};
  const works = { profile: () => plantedBusy(200), heap: makeGarbage, allocs: makeGarbage };
  if (nodeMajor < 20) {
    const { body } = await ask(server, '/allocs');
    assert.equal(JSON.parse(body).code, 'ERR_RSPROF_UNSUPPORTED');
    delete works.allocs;
  }
  for (const [route, work] of Object.entries(works)) {
    const before = server.operations.list().length;
    const answer = ask(server, `/${route}?seconds=0.4&debug=0&gc=1`);
    await until(() => server.operations.list().length > before);
    work();
    const { status, body } = await answer;
    assert.equal(status, 200, body.toString());
    fs.writeFileSync(file, body);
    profiles[route] = readPprof(file);
    if (hasGo) assert.match(goPprof('-top', file), /flat/);
  }
  assert.deepEqual(profiles.profile.types, ['samples/count', 'cpu/nanoseconds']);
  assert.ok(bytesOf(profiles.profile, 'plantedBusy') > 0);
  assert.deepEqual(profiles.heap.types, ['inuse_space/bytes']);
  // What is in use at the end, and all that was allocated.
  assert.ok(bytesOf(profiles.heap, 'plantedAllocator') < 5 * MIB);
  if (profiles.allocs) assert.ok(bytesOf(profiles.allocs, 'plantedAllocator') > 20 * MIB);
  await Promise.allSettled(server.outcomes);
  const left = fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('rsprof-export-'));
  assert.deepEqual(left, []);
});

test('each route takes what its kind takes', () => {
  const { readCapture } = require('../../lib/http/capture-kinds.js');
  for (const { kind, takes, fixed } of Object.values(ROUTES)) {
    if (fixed && nodeMajor < 20) continue;
    const values = {
      seconds: 1,
      interval: 1000,
      reason: 'x',
      redact: 'strings',
      includeCollected: 'false',
    };
    const given = Object.fromEntries(takes.map((name) => [name, values[name]]));
    readCapture(kind, { ...given, ...fixed }, { maxSeconds: 10 });
  }
});
