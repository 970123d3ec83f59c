'use strict';

// An HTTP server that remembers every answer in a global cache, and drops none.
//
//   node examples/leaks/global-cache.js FILE [array|object|map]

const crypto = require('node:crypto');
const v8 = require('node:v8');

const { serveRequests } = require('./support/traffic.js');

const [, , file, collection = 'array'] = process.argv;
const REQUESTS = 600;

global.cache = { array: [], object: {}, map: new Map() }[collection];

const remember = {
  array: (answer) => global.cache.push(answer),
  object: (answer) => {
    global.cache[answer.url] = answer;
  },
  map: (answer) => global.cache.set(answer.url, answer),
}[collection];

function listener(request, response) {
  const page = crypto.randomBytes(8_000).toString('hex');
  remember({ url: request.url, page, at: new Date() });
  response.end(page);
}

serveRequests(listener, REQUESTS).then(() => {
  console.log(v8.writeHeapSnapshot(file));
  process.exit();
});
