'use strict';

// An app of many functions, and work for it to do: what large services have.

const { wait } = require('./measure.js');

const FUNCTIONS = 20_000;

/** Many functions that were all compiled and run. */
function makeApp() {
  const made = [];
  for (let i = 0; i < FUNCTIONS; i++) {
    made.push(new Function('x', `return x * ${i} + Math.sqrt(x + ${i});`));
  }
  for (const one of made) one(1);
  return made;
}

/** One unit of work: calls of many functions, objects, text, a chain of promises. */
async function work(app) {
  let sum = 0;
  for (let i = 0; i < app.length; i += 10) sum += app[i](i);
  for (let i = 0; i < 50; i++) sum += await Promise.resolve(i);
  return JSON.parse(JSON.stringify({ sum, list: Array.from({ length: 200 }, (_, i) => ({ i })) }));
}

/** Works for a time, with turns of the event loop; gives the units done. */
async function workFor(app, milliseconds) {
  const end = performance.now() + milliseconds;
  let units = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 20; i++, units++) await work(app);
    await wait(0);
  }
  return units;
}

/** Does `units` of work. */
async function workUnits(app, units) {
  for (let done = 0; done < units; done++) {
    await work(app);
    if (done % 20 === 19) await wait(0);
  }
}

module.exports = { makeApp, workFor, workUnits };
