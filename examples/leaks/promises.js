'use strict';

// Orders wait for a database that never connects: every call of saveOrder stays at its `await`, with
// its locals.
//
//   node examples/leaks/promises.js FILE

const v8 = require('node:v8');

const { serveLines } = require('./support/traffic.js');

const ORDERS = 50_000;

class Database {
  constructor() {
    // The leak: nothing ever calls `resolve` or `reject`, there is no time-out.
    this.connected = new Promise((resolve, reject) => {
      this.onConnected = resolve;
      this.onFailed = reject;
    });
    this.rows = [];
  }
}

const database = new Database();

async function saveOrder(line) {
  const order = JSON.parse(line);
  await database.connected;
  database.rows.push(order);
}

function order(n) {
  return JSON.stringify({ number: n, items: `${n}: ${'an item, '.repeat(20)}` });
}

serveLines(saveOrder, ORDERS, order).then(() => {
  console.log(v8.writeHeapSnapshot(process.argv[2]));
  process.exit();
});
