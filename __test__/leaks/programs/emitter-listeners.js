'use strict';

// A configuration that tells everybody of changes, and a listener for each request that is never
// removed.

const crypto = require('node:crypto');
const { EventEmitter } = require('node:events');
const v8 = require('node:v8');

const { serveRequests } = require('../../../examples/leaks/support/traffic.js');

const REQUESTS = 500;

class Configuration extends EventEmitter {}

const configuration = new Configuration();
configuration.setMaxListeners(Infinity);

function listener(_request, response) {
  const body = crypto.randomBytes(10_000).toString('hex');
  configuration.on('change', () => response.setHeader('x-body', body));
  response.end(body);
}

serveRequests(listener, REQUESTS).then(() => {
  console.log(v8.writeHeapSnapshot(process.argv[2]));
  process.exit();
});
