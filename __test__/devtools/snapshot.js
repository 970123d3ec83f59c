'use strict';

// A heap snapshot file in Chrome DevTools' own hands.

const fs = require('node:fs');

const { importWorker } = require('./worker-bundle.js');

/** DevTools hands a file to its worker in pieces of this size. */
const CHUNK_BYTES = 10_000_000;

/** Loads an uncompressed `.heapsnapshot`; gives DevTools' `JSHeapSnapshot`, all of it computed. */
async function loadSnapshot(file, log) {
  const { HeapSnapshot, HeapSnapshotLoader } = await importWorker(log);
  const loader = new HeapSnapshotLoader.HeapSnapshotLoader();
  await feed(loader, file);
  const { port1, port2 } = new MessageChannel();
  try {
    new HeapSnapshot.SecondaryInitManager(port2);
    return await loader.buildSnapshot(port1);
  } finally {
    port1.close();
  }
}

async function feed(loader, file) {
  const decoder = new TextDecoder();
  for await (const chunk of fs.createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    loader.write(decoder.decode(chunk, { stream: true }));
  }
  loader.close();
  await loader.parsingComplete;
}

module.exports = { loadSnapshot };
