'use strict';

// `npm run check`: the everyday loop, in under two minutes once things are built: the sources'
// checks, the types, and the behaviour tests that matter most on the Node that runs this.

const { ensureNodes } = require('./nodes.js');
const { setUp } = require('./setup.js');
const stages = require('./support/stages.js');

async function main() {
  const totals = new stages.Totals();
  await setUp();
  // The newest line unpacks what the usual one cannot.
  await ensureNodes();
  await stages.sourceStages(totals);
  const formats = {
    files: stages.testFiles('formats'),
    env: { RSPROF_BACKEND: 'native', RSPROF_STRATEGY: 'inline' },
  };
  await stages.inParallel(2, [
    () => stages.cargoTestStage(totals, 'cargo test --lib', ['--lib']),
    () =>
      stages.nodeTestStage(totals, 'types and unit', { files: stages.testFiles('types', 'unit') }),
    () => stages.nodeTestStage(totals, 'formats, native', formats),
  ]);
  console.log(String(totals));
  process.exitCode = totals.failed === 0 ? 0 : 1;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
