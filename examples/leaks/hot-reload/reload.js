'use strict';

// A server that reads its settings afresh for each request by deleting them from require.cache. The
// module is loaded anew, and the old one stays: it is still in this module's `module.children`.
//
//   node examples/leaks/hot-reload/reload.js FILE

const v8 = require('node:v8');

const { serveRequests } = require('../support/traffic.js');

const REQUESTS = 250;

function freshSettings() {
  delete require.cache[require.resolve('./settings.js')];
  return require('./settings.js');
}

function listener(_request, response) {
  const { texts } = freshSettings();
  response.end(texts['message 7']);
}

serveRequests(listener, REQUESTS).then(() => {
  console.log(v8.writeHeapSnapshot(process.argv[2]));
  process.exit();
});
