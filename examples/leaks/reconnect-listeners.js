'use strict';

// A client that connects again whenever the server hangs up, with the same socket, and adds its
// `connect` listener once more each time. Every listener keeps the batch it was made for.
//
//   node examples/leaks/reconnect-listeners.js FILE

const crypto = require('node:crypto');
const net = require('node:net');
const v8 = require('node:v8');

const file = process.argv[2];
const RECONNECTS = 400;

const client = new net.Socket();
client.setMaxListeners(0); // "the warning is gone"
let attempts = 0;

function connect(port) {
  const batch = crypto.randomBytes(12_000).toString('hex');
  // The fix: once(), or removing the listener when the connection closes.
  client.on('connect', () => {
    client.write(`${attempts}: ${batch.length}\n`);
  });
  client.connect(port, '127.0.0.1');
}

const server = net.createServer((socket) =>
  socket
    .on('error', () => {})
    .resume()
    .end(),
);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  client.on('error', () => {}).resume();
  client.on('close', () => {
    if (++attempts < RECONNECTS) return connect(port);
    console.log(v8.writeHeapSnapshot(file));
    process.exit();
  });
  connect(port);
});
