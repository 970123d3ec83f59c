'use strict';

// memlab: parses a file and computes paths and retained sizes, as every `memlab analyze` does first.

async function main([folder, file]) {
  const { analysis, utils } = require(folder);
  const snapshot = await utils.getSnapshotFromFile(file, {
    buildNodeIdIndex: true,
    verbose: false,
  });
  analysis.preparePathFinder(snapshot);
  console.log(JSON.stringify({ nodes: snapshot.nodes.length }));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
