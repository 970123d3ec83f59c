'use strict';

// Whatever the function does that answers the current label: the program that it interrupts goes on.

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');

const { runForJson, runNode } = require('../support/child.js');
const { root } = require('../support/env.js');
const { tempDir } = require('../support/tempdir.js');

/** Profiles 60 ms of work with \`source\` in place, and tells how often it was asked. */
function script(dir, source) {
  return `
    const addon = require(${JSON.stringify(path.join(root, 'native'))});
    let asked = 0;
    addon.setLabelSource(() => { asked += 1; ${source} });
    const options = { interval: 1000, maxSamples: 100000, callerLines: false, eager: false };
    const recording = addon.startCpuProfile(options);
    const end = performance.now() + 60;
    let caught = 0;
    while (performance.now() < end) {
      try { for (let i = 0; i < 300; i++) Math.sqrt(i); } catch { caught += 1; }
    }
    const file = ${JSON.stringify(path.join(dir, 'p.cpuprofile'))};
    require('node:fs').writeFileSync(file, '');
    recording.stop({ path: file, compression: 'none', level: 1 }, '[{"a":"b"}]').then(({ ok, error }) => {
      recording.release();
      const text = require('node:fs').readFileSync(file, 'utf8');
      console.log(JSON.stringify({ asked, caught, error, labelled: 'rsprof' in JSON.parse(text) }));
    });`;
}

for (const [what, source, labelled] of [
  ['answers', 'return 1;', true],
  ['answers a number that stands for nothing', 'return 77;', false],
  ['throws', 'throw new Error("planned");', false],
  ['throws undefined', 'throw undefined;', false],
  ['answers something else', 'return "1";', false],
  ['recurses for ever', 'return (function again() { return again() + 1; })();', false],
  ['changes labels', 'addon.switchLabel(0, 1); return 1;', true],
  ['sets itself anew', 'addon.setLabelSource(() => 1); return 1;', true],
]) {
  test(`a source that ${what}`, async (t) => {
    const result = await runForJson(script(tempDir(t), source));
    assert.equal(result.error, undefined);
    assert.equal(result.caught, 0, 'nothing is thrown into the program');
    assert.ok(result.asked > 0);
    assert.equal(result.labelled, labelled);
  });
}

test('a worker that is terminated while the source runs ends all the same', async () => {
  const worker = `
    const addon = require(${JSON.stringify(path.join(root, 'native'))});
    const { parentPort } = require('node:worker_threads');
    let isFirst = true;
    addon.setLabelSource(() => {
      if (isFirst) parentPort.postMessage('in the source');
      isFirst = false;
      for (;;);
    });
    globalThis.recording = addon.startCpuProfile({ interval: 1000, maxSamples: 1000, callerLines: false, eager: false });
    for (;;);`;
  const { stdout } = await runNode(
    `
    const { Worker } = require('node:worker_threads');
    const { once } = require('node:events');
    (async () => {
      for (let i = 0; i < 5; i++) {
        const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
        await once(worker, 'message');
        console.log(await worker.terminate());
      }
    })();`,
    { timeout: 30_000 },
  );
  assert.equal(stdout, '1\n'.repeat(5));
});
