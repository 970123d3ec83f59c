'use strict';

// A small room server: every request opens a room, some people talk in it, and it is closed again.
// It has a leak (rooms.js) and a hot function (pack.js), for rsprof to find.
//
//   node examples/room-server/server.js [port]
//
//   POST /rooms                         play one room through
//   GET  /stats                         how many rooms there are
//   GET  /profiler/                     the page of rsprof.profiler()
//   POST /captures/heap-snapshot        take a heap snapshot
//   POST /captures/cpu-profile          profile the CPU for ?seconds=
//   POST /captures/heap-profile         profile allocations for ?seconds=
//
// The captures are served to this machine alone here. A real server must put them behind a login.

const http = require('node:http');
const path = require('node:path');

const rsprof = require('../..');
const { Manager } = require('./rooms.js');
const { packLater } = require('./pack.js');

const manager = new Manager();
const dir = process.env.CAPTURES_DIR ?? path.join(__dirname, '..', '..', 'captures');

async function playRoom() {
  const room = manager.openRoom('weather');
  for (const name of ['ada', 'grace', 'linus']) {
    room.join(name);
    for (let line = 0; line < 4; line++)
      room.say(name, `line ${line} of ${name} in room ${room.id}`);
  }
  const packed = await packLater(room.messages.map((message) => message.text));
  manager.closeRoom(room);
  return { room: room.id, bytes: packed.length };
}

const profiler = rsprof.profiler({ prefix: '/profiler', dir });

const routes = {
  'POST /rooms': () => playRoom(),
  'GET /stats': () => ({ open: manager.open, kept: manager.rooms.size, ...process.memoryUsage() }),
  'GET /backend': () => rsprof.backend(),
  'POST /captures/heap-snapshot': () => rsprof.heapSnapshot({ dir, reason: 'asked over HTTP' }),
  'POST /captures/cpu-profile': (seconds) => rsprof.cpuProfile({ dir, seconds }),
  'POST /captures/heap-profile': (seconds) =>
    rsprof.heapProfile({ dir, seconds, interval: 65_536 }),
};

async function answer(request, response) {
  const url = new URL(request.url, 'http://localhost');
  const route = routes[`${request.method} ${url.pathname}`];
  if (!route) return send(response, 404, { error: 'no such route' });
  try {
    send(response, 200, await route(Number(url.searchParams.get('seconds') ?? 5)));
  } catch (error) {
    send(response, error.code === 'ERR_RSPROF_BUSY' ? 409 : 500, {
      error: error.message,
      code: error.code,
    });
  }
}

function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

// What is below /profiler is the profiler's, the rest goes on to the app.
const server = http.createServer((request, response) =>
  profiler(request, response, () => answer(request, response)),
);
// A client whose connection waits out a pause must not find it closed.
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const { port } = server.address();
  console.log(
    `room server on http://127.0.0.1:${port}, its profiler on http://127.0.0.1:${port}/profiler/`,
  );
  process.send?.({ port });
});

// Started by another process: end with it.
if (process.send) process.on('disconnect', () => process.exit());
