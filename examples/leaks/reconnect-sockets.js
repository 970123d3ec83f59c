'use strict';

// A client in a reconnect loop: the server accepts and says nothing, so after a short wait the client
// opens another connection, and does not destroy the one before.
//
//   node examples/leaks/reconnect-sockets.js FILE

const crypto = require('node:crypto');
const net = require('node:net');
const v8 = require('node:v8');

const ATTEMPTS = 250;

class Connection {
  constructor(port) {
    this.hello = crypto.randomBytes(16_000).toString('hex');
    this.socket = net.connect(port, '127.0.0.1', () => this.socket.write(this.hello));
    this.socket.on('data', (data) => this.onAnswer(data));
    this.socket.on('error', () => {});
  }

  onAnswer(data) {
    console.log(data.length);
  }
}

let attempts = 0;

function reconnect(port) {
  if (++attempts > ATTEMPTS) {
    console.log(v8.writeHeapSnapshot(process.argv[2]));
    process.exit();
  }
  new Connection(port);
  // The fix: connection.socket.destroy() before the next one.
  setTimeout(reconnect, 2, port);
}

const server = net.createServer((socket) => socket.on('error', () => {}).resume());
server.listen(0, '127.0.0.1', () => reconnect(server.address().port));
