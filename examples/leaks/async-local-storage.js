'use strict';

// Each request runs in a store of its own, and starts something that never ends. What is pending keeps
// the store of the request that started it, long after the answer was sent.
//
//   node examples/leaks/async-local-storage.js FILE

const { AsyncLocalStorage } = require('node:async_hooks');
const crypto = require('node:crypto');
const v8 = require('node:v8');

const { serveRequests } = require('./support/traffic.js');

const REQUESTS = 600;

class RequestStore {
  constructor(request) {
    this.url = request.url;
    this.session = crypto.randomBytes(10_000).toString('hex');
  }
}

const requests = new AsyncLocalStorage();
const subscribers = [];

/** The next news; nobody ever publishes any. */
function nextNews() {
  return new Promise((resolve) => {
    subscribers.push(resolve);
  });
}

async function followNews() {
  for (;;) {
    const news = await nextNews();
    console.log(requests.getStore().url, news);
  }
}

function listener(request, response) {
  requests.run(new RequestStore(request), () => {
    // The fix: requests.exit(followNews), or an end to following when the request ends.
    followNews();
    response.end('ok');
  });
}

serveRequests(listener, REQUESTS).then(() => {
  console.log(v8.writeHeapSnapshot(process.argv[2]));
  process.exit();
});
