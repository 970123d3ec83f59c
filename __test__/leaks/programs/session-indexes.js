'use strict';

// Sessions in two indexes with different owners, both known globally: the gateway finds them by token,
// the metrics by user. Neither owner holds a session alone, so neither explains them.

const crypto = require('node:crypto');
const v8 = require('node:v8');

const { serveLines } = require('../../../examples/leaks/support/traffic.js');

const SESSIONS = 20_000;

class Session {
  constructor(user) {
    this.user = user;
    this.token = crypto.randomBytes(16).toString('hex');
    this.cart = crypto.randomBytes(200).toString('hex');
  }
}

class Gateway {
  constructor() {
    this.byToken = new Map();
  }
}

class Metrics {
  constructor() {
    this.byUser = new Map();
  }
}

global.gateway = new Gateway();
global.metrics = new Metrics();

function onLine(line) {
  const session = new Session(JSON.parse(line));
  global.gateway.byToken.set(session.token, session);
  global.metrics.byUser.set(session.user, session);
}

serveLines(onLine, SESSIONS, (n) => `"user ${n}"`).then(() => {
  console.log(v8.writeHeapSnapshot(process.argv[2]));
  process.exit();
});
