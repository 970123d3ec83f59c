'use strict';

// labelRequests() in the frameworks themselves: the busy route is told by the profile.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const rsprof = require('../../index.js');
const { BURN, NO_INLINING, runForJson } = require('../support/child.js');
const { root } = require('../support/env.js');
const { tempDir } = require('../support/tempdir.js');

const native = rsprof.backend().name === 'native';
const major = Number(process.versions.node.split('.')[0]);

/** Each gives a listening `node:http` server as `server`; `/search` burns four times as much as the other, on both sides of an await. */
const SERVERS = {
  express: `
    const app = require('express')();
    app.use(rsprof.labelRequests());
    app.get('/search', async (request, response) => { response.send(await search()); });
    app.get('/users/:name', (request, response) => { burn(2); response.send('user'); });
    const server = app.listen(0, start);`,
  koa: `
    const app = new (require('koa'))();
    app.use(rsprof.labelRequests());
    app.use(async (context) => {
      if (context.path === '/search') context.body = await search();
      else { burn(2); context.body = 'user'; }
    });
    const server = app.listen(0, start);`,
  fastify: `
    const app = require('fastify')();
    app.addHook('onRequest', rsprof.labelRequests());
    app.get('/search', async () => search());
    app.get('/users/:name', async () => { burn(2); return 'user'; });
    const server = app.server;
    app.listen({ port: 0 }).then(start);`,
};

/** The other route: Fastify's router knows it before the hook runs, of the others the path is all there is. */
const USERS = { express: 'GET /users/:id', koa: 'GET /users/:id', fastify: 'GET /users/:name' };

const script = (framework, dir) => `
  module.paths.push(${JSON.stringify(`${root}/node_modules`)});
  const http = require('node:http');
  ${BURN}
  const search = async () => { burn(4); await new Promise(setImmediate); burn(4); return 'found'; };
  const get = (port, path) => new Promise((resolve, reject) => {
    http.get({ port, path, agent: false }, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
  async function start() {
    const { port } = server.address();
    await get(port, '/search');
    const handle = rsprof.startCpuProfile({ dir: ${JSON.stringify(dir)}, interval: 500 });
    for (let round = 0; round < 40; round++) await Promise.all([get(port, '/search?q=1'), get(port, '/users/7')]);
    const { path } = await handle.stop();
    console.log(JSON.stringify({ path }));
    process.exit();
  }
  ${SERVERS[framework]}
`;

function reasonToSkip(framework) {
  if (!native) return 'the inspector back end has no labels: docs/label.md';
  if (framework === 'fastify' && major < 20) return 'Fastify 5 needs Node 20';
  return false;
}

for (const framework of Object.keys(SERVERS)) {
  test(`${framework}: the route that burns the CPU`, {
    skip: reasonToSkip(framework),
  }, async (t) => {
    const { path } = await runForJson(script(framework, tempDir(t)), {
      nodeArgs: NO_INLINING,
    });
    const { labels, verdict } = await rsprof.analyze(path);
    t.diagnostic(verdict);
    const share = (route) => labels.find((row) => row.labels?.route === route)?.share ?? 0;
    assert.ok(share('GET /search') > 0.25, JSON.stringify(labels));
    const users = USERS[framework];
    assert.ok(share(users) > 0.03, JSON.stringify(labels));
    assert.ok(share('GET /search') > 1.8 * share(users), JSON.stringify(labels));
  });
}
