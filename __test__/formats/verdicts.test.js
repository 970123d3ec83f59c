'use strict';

// The verdict on profiles of real programs, each with one thing wrong, as V8 records them on this line.

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');

const rsprof = require('../../index.js');
const { root } = require('../../scripts/support/run.js');
const { NO_INLINING, runForJson } = require('../support/child.js');
const { tempDir } = require('../support/tempdir.js');

const BURN_MS = 500;

// One line a program: the rule that finds it, the function that it names, what its words have.
const PROGRAMS = [
  {
    program: 'backtracking',
    rule: 'regexp',
    by: 'validate',
    says: [/\(\\w\+|\.test\(\).* line 7/],
  },
  { program: 'blocking-files', rule: 'sync-fs', by: 'readTemplate', says: [/readFileSync/] },
  { program: 'blocking-crypto', rule: 'sync-crypto', by: 'checkPassword', says: [/pbkdf2Sync/] },
  { program: 'json', rule: 'json', by: 'copyState', says: [/JSON\.stringify\(\)/, /line 10/] },
  {
    program: 'garbage',
    rule: 'garbage-collection',
    by: ['makeRows', 'burn'],
    says: [/Garbage collection/],
  },
  { program: 'listeners', rule: 'per-listener', by: 'render', says: [/publishPrice/] },
];

/** Records one profile of each program in one process; gives their files by program. */
async function record(dir, programs) {
  return runForJson(
    `
    const files = {};
    (async () => {
      for (const program of ${JSON.stringify(programs)}) {
        const { burn } = require(${JSON.stringify(path.join(root, 'examples', 'burns'))} + '/' + program);
        const handle = rsprof.startCpuProfile({ dir: ${JSON.stringify(dir)}, interval: 500 });
        burn(program === 'shapes' ? 2 * ${BURN_MS} : ${BURN_MS});
        files[program] = (await handle.stop()).path;
      }
      console.log(JSON.stringify(files));
    })();`,
    { nodeArgs: NO_INLINING },
  );
}

function mainFinding(report, rule) {
  const finding = report.findings.find((one) => one.rule === rule);
  const found = report.findings.map((one) => `${one.rule}: ${one.sentence}`).join('\n');
  assert.ok(finding, `${rule} is not among\n${found}`);
  return finding;
}

test('programs that burn the CPU, one reason each', async (t) => {
  const files = await record(tempDir(t), [...PROGRAMS.map(({ program }) => program), 'shapes']);

  for (const { program, rule, by, says } of PROGRAMS) {
    await t.test(`${program}: ${rule}, by ${by}`, async () => {
      const report = await rsprof.analyze(files[program]);
      const finding = mainFinding(report, rule);
      assert.ok([by].flat().includes(finding.function.name), finding.function.name);
      assert.ok(finding.function.url.endsWith(`/examples/burns/${program}.js`));
      assert.ok(finding.share > 0.1 && finding.share <= 1, `${finding.share}`);
      for (const words of says) assert.match(finding.sentence, words);
      if (rule !== 'garbage-collection') assert.ok(report.verdict.startsWith(finding.sentence));
    });
  }

  await t.test('shapes: V8 throws the code away, where the back end sees it', async () => {
    const report = await rsprof.analyze(files.shapes);
    const native = rsprof.backend().name === 'native';
    const deoptimised = report.findings.find(({ rule }) => rule === 'deoptimised');
    // Chrome's protocol tells the last reason of each function only.
    if (!native) return assert.equal(deoptimised, undefined);
    assert.equal(deoptimised?.function.name, 'totalOf', report.verdict);
    assert.match(deoptimised.explanation, /“wrong map” \(\d+ times\).*different|new shapes/);
  });

  await t.test('a program that waits is idle', async () => {
    const waiting = await runForJson(`
      rsprof.cpuProfile({ dir: ${JSON.stringify(tempDir(t))}, seconds: 2 })
        .then(({ path }) => console.log(JSON.stringify({ path })));`);
    const report = await rsprof.analyze(waiting.path);
    assert.ok(report.overview.idleShare > 0.5, report.verdict);
    const rules = report.findings.map(({ rule }) => rule);
    assert.ok(!rules.includes('garbage-collection'), report.verdict);
  });
});
