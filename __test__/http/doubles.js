'use strict';

// Parts of the route that need no capture: what is tested with them is the route around them.

const { EventEmitter } = require('node:events');
const http = require('node:http');

const { RsprofError } = require('../../lib/errors.js');
const { Profiler } = require('../../lib/http/profiler.js');
const { settle } = require('../../lib/profiler.js');
const { onCleanup } = require('../support/tempdir.js');

const notFound = () => new RsprofError('ERR_RSPROF_NOT_FOUND', 'there is no such thing');

/** Operations that run until they are told to end. */
class Operations extends EventEmitter {
  started = [];
  closed = 0;

  async start(kind, parameters) {
    if (parameters.reason === 'busy')
      throw Object.assign(new RsprofError('ERR_RSPROF_BUSY', 'another one runs'), {
        retryAfter: 7,
      });
    const operation = { id: `op${this.started.length}`, kind, parameters, state: 'running' };
    this.started.push(operation);
    this.emit('change', operation);
    return operation;
  }

  get(id) {
    const found = this.started.find((operation) => operation.id === id);
    if (!found) throw notFound();
    return found;
  }

  list() {
    return [...this.started].reverse();
  }

  end(id, state) {
    const operation = Object.assign(this.get(id), { state });
    this.emit('change', operation);
    return operation;
  }

  cancel(id) {
    return this.end(id, 'cancelled');
  }

  stop(id) {
    return this.end(id, 'done');
  }

  close() {
    this.closed++;
  }
}

class Captures extends EventEmitter {
  known = new Map([
    ['abcdefghijklmnop', { id: 'abcdefghijklmnop', name: 'one.cpuprofile.gz', path: '/dir/one' }],
  ]);

  async list() {
    return [...this.known.values()];
  }

  async overview() {
    return { captures: await this.list(), bytes: 1, quota: 2 };
  }

  async find(id) {
    if (!this.known.has(id)) throw notFound();
    return this.known.get(id);
  }

  async remove(id) {
    this.known.delete(id);
  }
}

class Live extends EventEmitter {
  subscribers = 0;

  subscribe() {
    this.subscribers++;
    return () => {
      this.subscribers--;
    };
  }
}

/** Answers with the question. */
class Explorer {
  forgotten = [];

  isOpen() {
    return false;
  }

  forget(file) {
    this.forgotten.push(file);
  }

  async askForJson(file, question, given) {
    if (given.search === 'closed') throw new RsprofError('ERR_RSPROF_NOT_OPEN', 'open it again');
    return Buffer.from(JSON.stringify({ file, question, given }));
  }
}

const HTML = '<!doctype html><title>rsprof</title>';

function doubles() {
  return {
    captures: new Captures(),
    operations: new Operations(),
    explorer: new Explorer(),
    live: new Live(),
    download: {
      async sendFile({ response, isHead }, { name }) {
        response.writeHead(200, { 'Content-Disposition': `attachment; filename="${name}"` });
        response.end(isHead ? undefined : 'the file');
      },
    },
    simple: {
      async answerWithCapture({ response }, _parts, name) {
        response.end(name);
        return { capture: 'abcdefghijklmnop' };
      },
    },
    kinds: { kindOfRoute: (route) => ({ 'cpu-profile': 'cpuProfile' })[route] },
    health: { healthReport: () => ({ status: 'ok' }) },
    web: {
      pageHtml: () => HTML,
      asset: (name) =>
        name === 'profiler.js'
          ? {
              name,
              type: 'text/javascript; charset=utf-8',
              body: Buffer.from('plain'),
              gzip: Buffer.from('zipped'),
              etag: '"tag"',
            }
          : undefined,
    },
  };
}

/**
 * A route on a server of its own, which ends with the test.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} [options] of `profiler()`
 * @param {{ parts?: object, access?: object, next?: Function, before?: Function, server?: object }} [how]
 * @returns {Promise<{ port: number, route: Profiler, parts: object, server: http.Server }>}
 */
async function serve(t, options = {}, { parts, access, next, before, server: given } = {}) {
  const all = { ...doubles(), ...parts };
  const route = new Profiler(settle({ prefix: '/profiler', ...options }), { parts: all, access });
  const server = http.createServer({ ...given }, (request, response) => {
    before?.(request, response);
    route.handle(request, response, { next });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanup(t, () => {
    route.close();
    server.close();
    server.closeAllConnections();
  });
  return { port: server.address().port, route, parts: all, server };
}

module.exports = { HTML, doubles, serve };
