'use strict';

// An HTTP server that adds a long string to an array of its module at every request.
//
//   node examples/leaks/leak-array.js FILE

const crypto = require('node:crypto');
const v8 = require('node:v8');

const { serveRequests } = require('./support/traffic.js');

const REQUESTS = 500;
const leakArray = [];

function listener(request, response) {
  leakArray.push(`${request.url} ${crypto.randomBytes(10_000).toString('hex')} ${new Date()}`);
  response.end(`${leakArray.length} strings by now\n`);
}

serveRequests(listener, REQUESTS).then(() => {
  console.log(v8.writeHeapSnapshot(process.argv[2]));
  process.exit();
});
