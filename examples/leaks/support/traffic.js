'use strict';

// The world outside the leaking programs: clients on this machine that send them real traffic.

const events = require('node:events');
const http = require('node:http');
const net = require('node:net');
const readline = require('node:readline');

const CONCURRENCY = 8;

/**
 * Starts an HTTP server on `listener`, sends it `count` requests over a few kept connections, and
 * gives the server, which goes on listening. `describe(n)` is the request: path, method, body.
 */
async function serveRequests(listener, count, describe = (n) => ({ path: `/${n}` })) {
  const server = http.createServer(listener).listen(0, '127.0.0.1');
  await events.once(server, 'listening');
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  let next = 0;
  const client = async () => {
    while (next < count) await request(agent, server.address().port, describe(next++));
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, client));
  agent.destroy();
  return server;
}

function request(agent, port, { path, method = 'GET', body }) {
  return new Promise((resolve, reject) => {
    http
      .request({ host: '127.0.0.1', port, path, method, agent }, (response) => {
        response.on('end', resolve).resume();
      })
      .on('error', reject)
      .end(body);
  });
}

/**
 * Starts a TCP server that hands each line it receives to `onLine`, sends it `count` lines over one
 * connection, and gives the server, which goes on listening.
 */
async function serveLines(onLine, count, describe) {
  const server = net.createServer((socket) => {
    readline.createInterface({ input: socket }).on('line', onLine);
    socket.on('end', () => socket.end());
  });
  await events.once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = net.connect(server.address().port, '127.0.0.1').resume();
  for (let n = 0; n < count; n++) {
    if (!socket.write(`${describe(n)}\n`)) await events.once(socket, 'drain');
  }
  socket.end();
  await events.once(socket, 'close');
  return server;
}

module.exports = { serveRequests, serveLines };
