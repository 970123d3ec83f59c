'use strict';

// Healthy: a process that has done nothing.

console.log(require('node:v8').writeHeapSnapshot(process.argv[2]));
