'use strict';

// A client of a message queue keeps the resolver of each call by its number until the reply comes. For
// calls without a reply, and without a time-out, it keeps it for ever.

const crypto = require('node:crypto');
const v8 = require('node:v8');

const { serveLines } = require('../../../examples/leaks/support/traffic.js');

const CALLS = 10_000;

class QueueClient {
  constructor() {
    this.pending = new Map();
    this.replies = 0;
  }

  call(request) {
    return new Promise((resolve, reject) => {
      this.pending.set(`call ${this.pending.size}`, { resolve, reject, request });
    });
  }
}

const client = new QueueClient();

async function onLine(line) {
  const question = crypto.randomBytes(500).toString('hex');
  await client.call(JSON.parse(line));
  client.replies += question.length;
}

serveLines(onLine, CALLS, (n) => `"call ${n}"`).then(() => {
  console.log(v8.writeHeapSnapshot(process.argv[2]));
  process.exit();
});
