'use strict';

// Clients of the route: one that speaks HTTP as Node does, and one that says whatever it is told.

const http = require('node:http');
const net = require('node:net');

/** Whoever acts on purpose. */
const ON_PURPOSE = Object.freeze({ 'X-Rsprof': '1' });

/**
 * One request; the answer is read to its end.
 *
 * @returns {Promise<{ status: number, headers: object, body: Buffer, text: string, json: any }>}
 */
function ask(port, path, { method = 'GET', headers = {}, body, agent = false } = {}) {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers, agent };
    const request = http.request(options, async (response) => {
      try {
        resolve(await whole(response));
      } catch (error) {
        reject(error);
      }
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function whole(response) {
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return {
    status: response.statusCode,
    headers: response.headers,
    body,
    text: body.toString(),
    get json() {
      return JSON.parse(body);
    },
  };
}

/**
 * Follows server-sent events.
 *
 * @returns {Promise<{ response: object, next: (name: string) => Promise<any>, ended: Promise<void>, close: () => void }>}
 */
function follow(port, path, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path, headers, agent: false });
    request.on('error', reject);
    request.on('response', (response) => resolve(eventsOf(request, response)));
  });
}

function eventsOf(request, response) {
  const seen = [];
  let wake = () => {};
  let text = '';
  const ended = new Promise((resolve) => response.once('close', resolve));
  ended.then(() => wake());
  response.on('error', () => {});
  response.setEncoding('utf8');
  response.on('data', (chunk) => {
    text += chunk;
    const parts = text.split('\n\n');
    text = parts.pop();
    for (const part of parts) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [];
      if (name) seen.push({ name, data: JSON.parse(data) });
    }
    wake();
  });
  /** The next event of that name; the others before it are passed over. */
  const next = async (name) => {
    while (true) {
      const index = seen.findIndex((event) => event.name === name);
      if (index >= 0) return seen.splice(0, index + 1).at(-1).data;
      if (response.closed || response.destroyed)
        throw new Error(`the events ended without ${name}`);
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  };
  return { response, next, ended, close: () => request.destroy() };
}

/**
 * Sends bytes as they are and reads until the other end closes.
 *
 * @param {{ end?: boolean }} [how] `end`: closes our half at once
 * @returns {Promise<string>} what was answered; a reset ends it like any end
 */
function say(port, bytes, { end = false } = {}) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(text));
    if (end) socket.end(bytes);
    else socket.write(bytes);
  });
}

/** Status lines of what {@link say} got. */
const statuses = (text) =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, code]) => Number(code));

/** Waits for what comes about by itself; whoever waits in vain is ended by the runner. */
async function until(isSo) {
  while (!(await isSo())) await new Promise(setImmediate);
}

const countOf = (server) =>
  new Promise((resolve) => server.getConnections((_, count) => resolve(count)));

/** Waits until a server has so many connections. */
async function connectionsOf(server, wanted) {
  while (true) {
    const count = await new Promise((resolve) =>
      server.getConnections((_, value) => resolve(value)),
    );
    if (count === wanted) return;
    await new Promise(setImmediate);
  }
}

module.exports = { ON_PURPOSE, ask, connectionsOf, countOf, follow, say, statuses, until };
