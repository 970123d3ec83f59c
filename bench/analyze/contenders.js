'use strict';

// Who is measured, and how each is started for each task. `rsprof` is the command as users have it.

const os = require('node:os');
const path = require('node:path');

const { root } = require('../../scripts/support/run.js');

const RSPROF = path.join(root, 'bin', 'rsprof.js');
const heapLimit = Math.min(14_000, Math.round((os.totalmem() / 2 ** 20) * 0.6));

/** The arguments of Node for each task that a contender can do; `peer` is where its package is. */
const CONTENDERS = {
  rsprof: {
    file: RSPROF,
    analyze: ({ before }) => [RSPROF, 'analyze', before, '--json'],
    gzip: ({ gzip }) => [RSPROF, 'analyze', gzip, '--json'],
    diff: ({ before, after }) => [RSPROF, 'diff', before, after, '--json'],
  },
  devtools: peer('devtools', ['analyze', 'diff']),
  memlab: peer('memlab', ['analyze']),
  toolkit: peer('toolkit', ['analyze', 'diff']),
  'v8-heap-parser': peer('v8-heap-parser', ['analyze']),
};

const TASKS = {
  analyze: 'Load, retained sizes, class table',
  gzip: 'The same from the gzip file; ratios are to the plain file',
  diff: 'Comparison of two files',
};

function peer(name, tasks) {
  const script = path.join(__dirname, 'contenders', `${name}.js`);
  const start = [`--max-old-space-size=${heapLimit}`, script];
  const all = {
    analyze: ({ before }, folder) => [...start, folder, before],
    diff: ({ before, after }, folder) => [...start, folder, before, after],
  };
  return { peer: name, ...Object.fromEntries(tasks.map((task) => [task, all[task]])) };
}

module.exports = { CONTENDERS, TASKS };
