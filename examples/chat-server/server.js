'use strict';

// A chat server over TCP: a client sends lines of JSON, everybody in the room gets them packed.
//
//   node examples/chat-server/server.js [--pack-once]
//
// Started with a channel (`child_process.fork`) it tells its port, and takes CPU profiles on request.

const net = require('node:net');
const readline = require('node:readline');
const rsprof = require('../..');
const { Room, sendChatroomMsg, sendNotice, sendPrivateMsg } = require('./chat.js');

const room = new Room({ packOnce: process.argv.includes('--pack-once') });
let count = 0;

function onLine(name, line) {
  const { to, text } = JSON.parse(line);
  if (to === undefined) sendChatroomMsg(room, name, text);
  else sendPrivateMsg(room, name, to, text);
  if (++count % 10 === 0) sendNotice(room, `${count} messages so far`);
}

function onConnection(socket) {
  const name = `guest ${socket.remotePort}`;
  const leave = room.join(name, (bytes) => socket.write(bytes));
  socket.on('close', leave).on('error', () => {});
  sendNotice(room, `${name} is here`);
  const lines = readline.createInterface({ input: socket });
  lines.on('line', (line) => onLine(name, line)).on('error', () => {});
}

async function onRequest({ path, seconds }) {
  const { path: written } = await rsprof.cpuProfile({ path, seconds, overwrite: true });
  process.send({ written });
}

const server = net.createServer(onConnection);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  if (process.send) process.send({ port });
  else console.log(`chatting on port ${port}`);
});
process.on('message', onRequest);
process.on('disconnect', () => process.exit());
