'use strict';

// Which request burned it: a server with two routes under load, and the verdict on its profile.

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');

const rsprof = require('../../index.js');
const { readPprof } = require('../support/pprof.js');
const { BURN, NO_INLINING, runForJson } = require('../support/child.js');
const { tempDir } = require('../support/tempdir.js');

const SERVER = `
  const http = require('node:http');
  ${BURN}
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  async function search() { burn(6); await pause(1); burn(6); return 'found'; }
  async function item() { await null; burn(3); return 'item'; }
  const server = http.createServer(rsprof.labelRequests(async (request, response) => {
    response.end(await (request.url.startsWith('/search') ? search() : item()));
  }));
  const get = (port, path) => new Promise((resolve, reject) => {
    http.get({ port, path, agent: false }, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
  server.listen(0, async () => {
    const { port } = server.address();
    const handle = rsprof.startCpuProfile({ dir, interval: 500 });
    for (let round = 0; round < 40; round++)
      await Promise.all([get(port, '/search?q=' + round), get(port, '/items/' + round), get(port, '/items/9')]);
    const { path } = await handle.stop();
    console.log(JSON.stringify({ path }));
    process.exit();
  });
`;

const native = rsprof.backend().name === 'native';

test('the verdict says which route takes the CPU, and pprof has it as a label', {
  skip: !native && 'the inspector back end has no labels: docs/label.md',
}, async (t) => {
  const dir = tempDir(t);
  const { path: file } = await runForJson(`const dir = ${JSON.stringify(dir)}; ${SERVER}`, {
    nodeArgs: NO_INLINING,
  });
  const report = await rsprof.analyze(file);
  t.diagnostic(report.verdict);
  const share = (route) => report.labels.find(({ labels }) => labels?.route === route)?.share ?? 0;
  // Searches burn twice as much as items; the rest is the server's and its client's.
  assert.ok(share('GET /search') > 0.35, JSON.stringify(report.labels));
  assert.ok(share('GET /items/:id') > 0.1, JSON.stringify(report.labels));
  const ratio = share('GET /search') / share('GET /items/:id');
  assert.ok(ratio > 1.3 && ratio < 3, `${ratio}`);
  assert.match(report.verdict, /GET \/search: [\d.]+ % of the CPU time/);

  const out = path.join(dir, 'a.pb.gz');
  await rsprof.exportProfile(file, { format: 'pprof', out });
  const routes = new Set(readPprof(out).samples.map(({ labels }) => labels?.route));
  assert.ok(routes.has('GET /search') && routes.has('GET /items/:id'), [...routes].join());
});
