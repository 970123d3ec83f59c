'use strict';

// Every subscriber gets a heartbeat by setInterval. Who leaves is never told so to clearInterval, and
// the timer keeps what its callback uses.
//
//   node examples/leaks/timers.js FILE

const crypto = require('node:crypto');
const v8 = require('node:v8');

const { serveLines } = require('./support/traffic.js');

const SUBSCRIBERS = 5_000;
let beats = 0;

class Subscriber {
  constructor(name) {
    this.name = name;
    this.history = [crypto.randomBytes(1_000).toString('hex')];
  }
}

function subscribe(line) {
  const subscriber = new Subscriber(JSON.parse(line));
  // The leak: the timer is not kept, so nobody can clear it.
  setInterval(function heartbeat() {
    beats += subscriber.history.length;
  }, 30_000);
}

serveLines(subscribe, SUBSCRIBERS, (n) => `"subscriber ${n}"`).then(() => {
  console.log(v8.writeHeapSnapshot(process.argv[2]), beats);
  process.exit();
});
