'use strict';

// Sessions are removed at logout, but three in ten users just close the window, and there is no expiry.
// Entries come and go; the oldest of those that stayed are from the first minute.

const crypto = require('node:crypto');
const v8 = require('node:v8');

const { serveLines } = require('../../../examples/leaks/support/traffic.js');

const LOGINS = 30_000;

class Session {
  constructor(user) {
    this.user = user;
    this.cart = crypto.randomBytes(600).toString('hex');
  }
}

class SessionStore {
  constructor() {
    this.sessions = new Map();
  }

  login(user) {
    this.sessions.set(user, new Session(user));
  }

  logout(user) {
    this.sessions.delete(user);
  }
}

const store = new SessionStore();

function onLine(line) {
  const { user, logsOut } = JSON.parse(line);
  store.login(user);
  if (logsOut) setImmediate(() => store.logout(user));
}

serveLines(onLine, LOGINS, (n) => JSON.stringify({ user: `user ${n}`, logsOut: n % 10 >= 3 })).then(
  () => {
    console.log(v8.writeHeapSnapshot(process.argv[2]));
    process.exit();
  },
);
