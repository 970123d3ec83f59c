'use strict';

// The hosts of the route: each as an app would have it, with helmet, compression and a parser of bodies before the
// route, and a page of its own behind it. `start(options)` gives `{ port, mount, close }`.

const http = require('node:http');
const path = require('node:path');
const { spawn } = require('node:child_process');

const rsprof = require('../../index.js');
const { nodeMajor, root } = require('../support/env.js');

/** Below two parts: what counts them wrong shows. */
const MOUNT = '/internal/profiler';

function listening(server, close) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () =>
      resolve({ port: server.address().port, mount: MOUNT, close }),
    );
  });
}

/** Ends a server with what is still open. */
function closeServer(server) {
  return new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}

async function nodeHttp(options) {
  const profiler = rsprof.profiler({ ...options, prefix: MOUNT });
  const server = http.createServer((request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    profiler(request, response, () => response.end('the app'));
  });
  return listening(server, async () => {
    await profiler.close();
    await closeServer(server);
  });
}

const withExpress = (name) => async (options) => {
  const express = require(name);
  const helmet = require('helmet');
  const compression = require('compression');
  const app = express();
  const profiler = rsprof.profiler(options);
  app.use(helmet());
  app.use(compression({ threshold: 0 }));
  app.use(express.json());
  app.use(express.urlencoded({ extended: false }));
  app.use((_request, response, next) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    next();
  });
  app.use(MOUNT, profiler);
  app.use((_request, response) => response.send('the app'));
  const server = http.createServer(app);
  return listening(server, async () => {
    await profiler.close();
    await closeServer(server);
  });
};

/** What koa-helmet, koa-compress and koa-bodyparser do, as far as it could get in the way. */
function koaMiddleware(app) {
  const helmet = require('helmet')();
  app.use(async (context, next) => {
    await new Promise((resolve, reject) =>
      helmet(context.req, context.res, (error) => (error ? reject(error) : resolve())),
    );
    context.set('Access-Control-Allow-Origin', '*');
    await next();
    context.set('X-After', '1');
    if (context.respond !== false && context.body) context.body = String(context.body);
  });
  app.use(async (context, next) => {
    if (context.get('content-type') === 'application/json') for await (const _ of context.req);
    await next();
  });
}

const withKoa = (name) => async (options) => {
  const Koa = require(name);
  const app = new Koa();
  const errors = [];
  app.on('error', (error) => errors.push(error));
  koaMiddleware(app);
  const profiler = require('../../koa.js')({ ...options, prefix: MOUNT });
  app.use(profiler);
  app.use(async (context) => {
    context.body = 'the app';
  });
  const server = http.createServer(app.callback());
  return listening(server, async () => {
    await profiler.close();
    await closeServer(server);
    if (errors.length > 0) throw errors[0];
  });
};

const withFastify = (name) => async (options) => {
  const app = require(name)();
  // Its newest version is for Fastify 5 alone.
  if (name === 'fastify') app.register(require('@fastify/helmet'));
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('Access-Control-Allow-Origin', '*');
  });
  app.register(require('../../fastify.js'), { ...options, prefix: MOUNT });
  app.all('*', async () => 'the app');
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: app.server.address().port, mount: MOUNT, close: () => app.close() };
};

/** Egg leaves timers and files behind: a process of its own, which ends with its standard input. */
async function egg(options, { dir }) {
  const args = [
    path.join(__dirname, 'egg-server.js'),
    dir,
    JSON.stringify({ ...options, prefix: MOUNT }),
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const port = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const [, found] = /listening on (\d+)\n/.exec(text) ?? [];
      if (found) resolve(Number(found));
    });
    ended.then(() => reject(new Error(`Egg ended before it listened:\n${text}`)));
  });
  return {
    port,
    mount: MOUNT,
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/** Name -> how it starts. */
const HOSTS = {
  'node:http': nodeHttp,
  'Express 4': withExpress('express4'),
  'Express 5': withExpress('express'),
  'Koa 2': withKoa('koa2'),
  'Koa 3': withKoa('koa'),
  'Fastify 4': withFastify('fastify4'),
  ...(nodeMajor >= 20 && { 'Fastify 5': withFastify('fastify') }),
  'Egg 3': egg,
};

module.exports = { HOSTS, MOUNT, closeServer };
