'use strict';

// Healthy: a server in the style of Express, with middleware, routes and a small session store, after
// 2,000 requests.

const crypto = require('node:crypto');
const { EventEmitter } = require('node:events');
const v8 = require('node:v8');

const { serveRequests } = require('../../../examples/leaks/support/traffic.js');

const REQUESTS = 2_000;

class Application extends EventEmitter {
  constructor() {
    super();
    this.layers = [];
  }

  use(handler) {
    this.layers.push({ method: null, pattern: /^/, handler });
    return this;
  }

  get(pattern, handler) {
    this.layers.push({ method: 'GET', pattern, handler });
    return this;
  }

  handle(request, response) {
    const layers = this.layers.filter(
      ({ method, pattern }) => (!method || method === request.method) && pattern.test(request.url),
    );
    const next = () => layers.shift()?.handler(request, response, next);
    next();
  }
}

const sessions = new Map();
const application = new Application();

application
  .use(function readSession(request, response, next) {
    const id = `session ${request.url.length}`;
    if (!sessions.has(id)) sessions.set(id, { id, visits: 0, secret: crypto.randomUUID() });
    request.session = sessions.get(id);
    request.session.visits++;
    response.on('finish', () => application.emit('served', request.url));
    next();
  })
  .use(function setHeaders(_request, response, next) {
    response.setHeader('content-type', 'application/json');
    next();
  })
  .get(/^\/\d*[05]$/, async function slowAnswer(request, response) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    response.end(JSON.stringify({ url: request.url, session: request.session }));
  })
  .get(/^\//, function answer(request, response) {
    response.end(JSON.stringify({ url: request.url, page: 'x'.repeat(2_000) }));
  });

let served = 0;
application.on('served', () => served++);
setInterval(() => sessions.clear(), 60_000);

serveRequests((request, response) => application.handle(request, response), REQUESTS).then(() => {
  console.log(v8.writeHeapSnapshot(process.argv[2]), served);
  process.exit();
});
