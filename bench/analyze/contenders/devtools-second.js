'use strict';

// DevTools' second worker: dominators and retained sizes.

const { pathToFileURL } = require('node:url');
const { parentPort, workerData } = require('node:worker_threads');

parentPort.once('message', async (port) => {
  const { HeapSnapshot } = await import(pathToFileURL(workerData).href);
  new HeapSnapshot.SecondaryInitManager(port);
});
