'use strict';

// A poller that parses the same answer again and again, and keeps all of them: JSON.parse makes new
// strings each time.

const v8 = require('node:v8');

const { serveRequests } = require('../../../examples/leaks/support/traffic.js');

const POLLS = 100;
const answer = JSON.stringify(
  Array.from({ length: 100 }, (_, at) => ({
    city: `City of long name ${at}`,
    report: `${at}: ${'light rain, wind from the west, '.repeat(30)}`,
  })),
);

const history = [];

function listener(_request, response) {
  history.push(JSON.parse(answer));
  response.end(answer);
}

serveRequests(listener, POLLS).then(() => {
  console.log(v8.writeHeapSnapshot(process.argv[2]));
  process.exit();
});
