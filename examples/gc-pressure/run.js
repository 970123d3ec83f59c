'use strict';

// Serves reports for a while and says what the garbage collector thinks of it:
//
//   node examples/gc-pressure/run.js                              advises a flag
//   node --max-semi-space-size=64 examples/gc-pressure/run.js     the same work with that flag
//
// `--json` prints the whole result, `--requests N` sets how many are served while it records.

const { parseArgs } = require('node:util');
const rsprof = require('../..');
const { serve } = require('./reports.js');

/** V8 lets the young generation grow bit by bit: the profile is of what follows. */
const WARM_UP = 50_000;

async function main() {
  const { values } = parseArgs({
    options: { json: { type: 'boolean' }, requests: { type: 'string', default: '50000' } },
  });
  await serve(WARM_UP);
  const profile = rsprof.startGcProfile();
  await serve(Number(values.requests));
  const result = await profile.stop();
  if (values.json) return console.log(JSON.stringify(result));
  console.log(result.verdict);
  for (const { kind, count, totalMs } of result.collections) {
    console.log(
      `${kind}: ${count}, ${totalMs.toFixed(0)} ms of ${result.durationMs.toFixed(0)} ms`,
    );
  }
}

main();
