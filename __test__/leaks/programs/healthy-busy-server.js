'use strict';

// Healthy: a server in the middle of its work. It has some of everything that leaks are made of: open
// connections, requests that wait for news with their stores, time-outs, listeners, a few contexts.

const { AsyncLocalStorage } = require('node:async_hooks');
const crypto = require('node:crypto');
const { EventEmitter, once } = require('node:events');
const http = require('node:http');
const v8 = require('node:v8');
const vm = require('node:vm');

const WAITING = 150;
const SUBSCRIBERS = 12;

const requests = new AsyncLocalStorage();
const news = new EventEmitter().setMaxListeners(SUBSCRIBERS);
const waiting = new Set();
const templates = ['a', 'b', 'c'].map((name) => vm.createContext({ name }));

for (let at = 0; at < SUBSCRIBERS; at++) {
  news.on('item', (item) => console.log(at, item, templates.length));
}

function nextNews() {
  return new Promise((resolve) => {
    const timeout = setTimeout(() => answer({ item: 'none' }), 30_000);
    const answer = (item) => {
      clearTimeout(timeout);
      waiting.delete(answer);
      resolve(item);
    };
    waiting.add(answer);
  });
}

async function longPoll(_request, response) {
  const item = await nextNews();
  response.end(JSON.stringify({ item, id: requests.getStore().id }));
}

const server = http.createServer((request, response) => {
  const store = { id: crypto.randomUUID(), url: request.url, user: crypto.randomBytes(500) };
  requests.run(store, longPoll, request, response);
});

server.on('close', () => news.emit('item', 'the end'));

async function main() {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  for (let at = 0; at < WAITING; at++) http.get({ host: '127.0.0.1', port, path: `/${at}` });
  while (waiting.size < WAITING) await new Promise(setImmediate);
  console.log(v8.writeHeapSnapshot(process.argv[2]));
  process.exit();
}

main();
