'use strict';

// A service that builds a report for every request and waits for its database before it can answer:
// each report lives until a hundred others have begun. Nothing leaks, and yet V8 copies the reports that
// wait again at every scavenge, and scavenges come often, for its young generation is small.

/** Reports that wait at any time: some megabytes of small objects. */
const WAITING = 100;

const ROWS = 150;

function buildReport(number) {
  const rows = [];
  for (let row = 0; row < ROWS; row++) {
    rows.push({
      id: number * ROWS + row,
      name: `row ${row}`,
      tags: [row, number],
      total: row * 1.5,
    });
  }
  return { number, rows };
}

function answer(report) {
  let sum = 0;
  for (const row of report.rows) sum += row.total + row.tags.length;
  return sum;
}

/** Serves so many requests, some at each turn of the event loop. */
async function serve(requests) {
  const waiting = [];
  let answered = 0;
  for (let number = 0; number < requests; number++) {
    waiting.push(buildReport(number));
    if (waiting.length > WAITING) answered += answer(waiting.shift());
    if (number % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return answered;
}

module.exports = { serve };
