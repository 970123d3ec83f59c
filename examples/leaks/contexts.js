'use strict';

// Each job runs user code in a context of its own. Keeping one function that the code made keeps its
// whole context: a global object with all of its built-ins.
//
//   node examples/leaks/contexts.js FILE

const v8 = require('node:v8');
const vm = require('node:vm');

const JOBS = 200;
const CODE =
  'const seen = []; function onEvent(event) { seen.push(event); return seen.length; } onEvent';

const handlers = [];

function runJob(name) {
  const context = vm.createContext({ name });
  handlers.push(vm.runInContext(CODE, context));
}

function tick(job) {
  if (job < JOBS) {
    runJob(`job ${job}`);
    return setImmediate(tick, job + 1);
  }
  console.log(v8.writeHeapSnapshot(process.argv[2]), handlers.length);
  process.exit();
}

tick(0);
