'use strict';

// Healthy: a bounded cache of 12 MB, long since full. It is most of the heap, but it drops the least
// recently used page for each new one: the oldest entries of its Map are gone.

const crypto = require('node:crypto');
const v8 = require('node:v8');

const { serveRequests } = require('../../../examples/leaks/support/traffic.js');

const REQUESTS = 1_500;
const PAGES = 600;

class LruCache {
  constructor(max) {
    this.max = max;
    this.entries = new Map();
  }

  get(key) {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  set(key, value) {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size > this.max) this.entries.delete(this.entries.keys().next().value);
  }
}

const cache = new LruCache(PAGES);

function listener(request, response) {
  let page = cache.get(request.url);
  if (page === undefined) {
    page = crypto.randomBytes(10_000).toString('hex');
    cache.set(request.url, page);
  }
  response.end(page);
}

// Every fourth request is for one of the popular pages.
const describe = (n) => ({ path: n % 4 === 0 ? `/popular/${n % 100}` : `/page/${n}` });

serveRequests(listener, REQUESTS, describe).then(() => {
  console.log(v8.writeHeapSnapshot(process.argv[2]));
  process.exit();
});
