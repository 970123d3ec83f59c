'use strict';

// Remembers every visitor it has ever seen in a Set: small strings, many of them.

const v8 = require('node:v8');

const { serveLines } = require('../../../examples/leaks/support/traffic.js');

const VISITS = 120_000;

class VisitorLog {
  constructor() {
    this.seen = new Set();
  }

  visit(line) {
    this.seen.add(JSON.parse(line));
  }
}

const log = new VisitorLog();
exports.log = log;

serveLines(
  (line) => log.visit(line),
  VISITS,
  (n) => `"visitor ${n} of the front page ${n * 7}"`,
).then(() => {
  console.log(v8.writeHeapSnapshot(process.argv[2]));
  process.exit();
});
