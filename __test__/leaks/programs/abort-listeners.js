'use strict';

// One AbortSignal for the whole process, and one listener for each request that is never removed: the
// same leak as an emitter's, on an EventTarget.

const crypto = require('node:crypto');
const events = require('node:events');
const v8 = require('node:v8');

const { serveRequests } = require('../../../examples/leaks/support/traffic.js');

const REQUESTS = 500;
const shutdown = new AbortController();
events.setMaxListeners?.(0, shutdown.signal);

function listener(_request, response) {
  const body = crypto.randomBytes(10_000).toString('hex');
  shutdown.signal.addEventListener('abort', function onShutdown() {
    if (!response.writableEnded) response.end(body.slice(0, 10));
  });
  response.end(body);
}

serveRequests(listener, REQUESTS).then(() => {
  console.log(v8.writeHeapSnapshot(process.argv[2]));
  process.exit();
});
