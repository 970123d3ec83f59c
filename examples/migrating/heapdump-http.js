'use strict';

// The program of every heapdump tutorial: a server that writes a snapshot when it is asked to, and on
// `kill -USR2 PID`. All that is changed is the name that is required.
//
//     node examples/migrating/heapdump-http.js 3000

const http = require('node:http');

const heapdump = require('../../compat/heapdump.js'); // require('rsprof/compat/heapdump')

const leakArray = [];

const server = http.createServer((request, response) => {
  leakArray.push(`leak ${Math.random()}`);
  if (request.url !== '/dump') return response.end(`${leakArray.length} strings\n`);
  heapdump.writeSnapshot((error, filename) => {
    if (error) response.statusCode = 500;
    response.end(`${error ? error.message : filename}\n`);
  });
});

server.listen(Number(process.argv[2] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address();
  console.log(`http://127.0.0.1:${port}/dump, or kill -USR2 ${process.pid}`);
  process.send?.({ port });
});
