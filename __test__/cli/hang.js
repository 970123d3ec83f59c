'use strict';

// Loaded before the command line (`node --require`): the engine begins, says so, and goes on until it is
// cancelled.

const addon = require('../../native/index.js');

addon.analyzeHeap = () => {
  let end;
  const done = new Promise((resolve) => {
    end = resolve;
  });
  const alive = setInterval(() => {}, 1000);
  const cancel = () => {
    clearInterval(alive);
    end({ error: { code: 'ERR_RSPROF_ABORTED', message: 'cancelled' } });
  };
  process.stderr.write('begun\n');
  return { done, cancel };
};
