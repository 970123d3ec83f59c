'use strict';

// heap-snapshot-toolkit: an older DevTools in one thread, with its class table, or its diff.

const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

async function main([folder, before, after]) {
  const toolkit = await import(pathToFileURL(path.join(folder, 'index.js')).href);
  console.log(JSON.stringify(await (after ? diff : summary)(toolkit, before, after)));
}

async function summary({ parse }, file) {
  const snapshot = await parse(open(file));
  const classes = Object.values(snapshot.aggregatesWithFilter({}));
  return { nodes: snapshot.nodeCount, total: snapshot.totalSize, classes: classes.length };
}

async function diff({ diffFromStreams }, before, after) {
  for await (const { type, result } of diffFromStreams(open(before), open(after))) {
    if (type === 'diff') return { classes: Object.keys(result).length };
  }
}

const open = (file) => fs.createReadStream(file, 'utf8');

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
