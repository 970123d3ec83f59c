'use strict';

// Clients hang up; the server, with allowHalfOpen, never ends its side. Every connection stays half
// open, with its socket and what was read from it.
//
//   node examples/leaks/half-open-sockets.js FILE

const net = require('node:net');
const v8 = require('node:v8');

const CLIENTS = 300;

class Session {
  constructor(socket) {
    this.received = [];
    socket.setEncoding('utf8').on('data', (text) => this.received.push(text));
    // The fix: socket.on('end', () => socket.end()), and a socket.setTimeout.
    socket.on('error', () => {});
  }
}

let hungUp = 0;

const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  new Session(socket);
  socket.on('end', () => {
    if (++hungUp < CLIENTS) return callOnce();
    console.log(v8.writeHeapSnapshot(process.argv[2]));
    process.exit();
  });
});

function callOnce() {
  const client = net.connect(server.address().port, '127.0.0.1');
  client.on('error', () => {});
  client.end(`hello from ${client.localPort}, call ${hungUp}: ${'x'.repeat(24_000)}`);
}

server.listen(0, '127.0.0.1', callOnce);
