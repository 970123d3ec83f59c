'use strict';

// Chrome DevTools' heap snapshot worker with its second worker, as in the browser: loads a file, all
// of it computed, and the class table (`devtools.js BUNDLE FILE`), or the Comparison view of two
// files (`devtools.js BUNDLE BEFORE AFTER`).

const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { Worker } = require('node:worker_threads');

const CHUNK_BYTES = 10_000_000;

async function main([bundle, ...files]) {
  const devtools = await import(pathToFileURL(bundle).href);
  const [before, after] = await loadAll(devtools, bundle, files);
  console.log(JSON.stringify(after ? compared(before, after) : summary(before)));
}

async function loadAll(devtools, bundle, files) {
  const loaded = [];
  for (const file of files) loaded.push(await load(devtools, bundle, file));
  return loaded;
}

async function load({ HeapSnapshotLoader }, bundle, file) {
  const second = new Worker(path.join(__dirname, 'devtools-second.js'), { workerData: bundle });
  const { port1, port2 } = new MessageChannel();
  second.postMessage(port2, [port2]);
  const loader = new HeapSnapshotLoader.HeapSnapshotLoader();
  const decoder = new TextDecoder();
  for await (const chunk of fs.createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    loader.write(decoder.decode(chunk, { stream: true }));
  }
  loader.close();
  const snapshot = await loader.buildSnapshot(port1);
  port1.close();
  await second.terminate();
  return snapshot;
}

function summary(snapshot) {
  const classes = Object.values(snapshot.aggregatesWithFilter({}));
  return { nodes: snapshot.nodeCount, total: snapshot.totalSize, classes: classes.length };
}

function compared(before, after) {
  const base = before.aggregatesForDiff(after.interfaceDefinitions());
  return { classes: Object.keys(after.calculateSnapshotDiff(1, base)).length };
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
