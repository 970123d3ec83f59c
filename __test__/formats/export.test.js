'use strict';

/** Real profiles, exported and opened by what they are exported for. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const Ajv = require('ajv');

const rsprof = require('../..');
const busy = require('../support/busy.js');
const { root } = require('../support/env.js');
const { goPprof, hasGo, readPprof } = require('../support/pprof.js');
const { add, busySums, sumsOf, total } = require('../support/profile-sums.js');
const { loadImporter } = require('../support/speedscope.js');
const { unpackFile } = require('../support/unpack.js');

const SCHEMA = 'node_modules/speedscope/dist/release/file-format-schema.json';

const noGo = { skip: hasGo ? false : 'needs go tool pprof (apt-get install golang-go)' };

const importProfile = loadImporter();
const dir = fs.mkdtempSync(path.join(require('node:os').tmpdir(), 'rsprof-export-'));

/** Both profiles: `{ file, value, startedAt }`. */
const made = {};

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

before(async () => {
  const cpu = rsprof.startCpuProfile({ dir });
  busy.plantedBusy(200);
  await pause(100);
  busy.plantedBusy(100);
  made.cpu = await cpu.stop();
  const heap = rsprof.startHeapProfile({ dir, interval: 16_384 });
  const kept = busy.plantedAllocator(10);
  made.heap = await heap.stop();
  assert.ok(kept.length > 0);
  for (const one of Object.values(made)) {
    one.value = JSON.parse(unpackFile(one.path).toString('utf8'));
  }
});

after(() => fs.rmSync(dir, { recursive: true }));

/** Exports a profile; gives the path of the file. */
async function exported(kind, format) {
  const out = path.join(dir, `${kind}.${format}`);
  const result = await rsprof.exportProfile(made[kind].path, { format, out, overwrite: true });
  const { durationMs, ...facts } = result;
  assert.ok(durationMs > 0);
  assert.deepEqual(facts, { path: out, bytes: fs.statSync(out).size, format });
  assert.equal(fs.statSync(out).mode & 0o777, 0o600);
  return out;
}

const readJson = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));

const anonymous = (sums, name) => {
  const renamed = new Map();
  for (const [key, weight] of sums) add(renamed, key || name, weight);
  return renamed;
};

/** Own weights by name; anonymous functions, which are told apart by their place, as one. */
function pprofSums({ samples }, value) {
  const sums = new Map();
  for (const { stack, values } of samples) {
    const { name } = stack.at(-1);
    add(sums, name.startsWith('(anonymous)') ? '(anonymous)' : name, values.at(-1) / value);
  }
  return sums;
}

const sorted = (sums) => [...sums].sort(([a], [b]) => (a < b ? -1 : 1));

test('pprof-format reads a CPU profile: every function with its time', async () => {
  const pprof = readPprof(await exported('cpu', 'pprof'));
  assert.deepEqual(pprof.types, ['samples/count', 'cpu/nanoseconds']);
  assert.equal(pprof.defaultType, 'cpu');
  assert.equal(pprof.timeNanos, BigInt(Date.parse(made.cpu.startedAt)) * 1_000_000n);
  assert.equal(pprof.durationNanos, total(sumsOf(made.cpu.value)) * 1000);
  const expected = anonymous(busySums(made.cpu.value), '(anonymous)');
  assert.deepEqual(sorted(pprofSums(pprof, 1000)), sorted(expected));
});

test('pprof has the hot lines of the innermost function, and where its callers begin', async () => {
  const { samples } = readPprof(await exported('cpu', 'pprof'));
  const first = busy.lineOf('plantedBusy');
  const own = samples.map(({ stack }) => stack.at(-1)).filter(({ name }) => name === 'plantedBusy');
  assert.ok(own.length > 0);
  for (const { file, start, line } of own) {
    assert.deepEqual([file, start], [busy.file, first]);
    assert.ok(line >= first && line <= first + 7, `line ${line}`);
  }
  const ticked = made.cpu.value.nodes.some(
    ({ callFrame, positionTicks }) =>
      callFrame.functionName === 'plantedBusy' &&
      positionTicks?.some(({ line }) => own.every((frame) => frame.line !== line)),
  );
  assert.equal(ticked, false, 'a hot line is missing');
});

test('pprof-format reads an allocation profile: every function with its bytes', async () => {
  const pprof = readPprof(await exported('heap', 'pprof'));
  assert.deepEqual(pprof.types, ['inuse_space/bytes']);
  const expected = anonymous(busySums(made.heap.value), '(anonymous)');
  assert.deepEqual(sorted(pprofSums(pprof, 1)), sorted(expected));
});

test('go tool pprof reads both: totals and the heaviest function', noGo, async () => {
  const cpu = goPprof('-top', '-unit=us', await exported('cpu', 'pprof'));
  const sums = busySums(made.cpu.value);
  assert.match(cpu, /^Type: cpu$/m);
  assert.match(cpu, new RegExp(`of ${total(sums)}us total`));
  assert.match(cpu, new RegExp(`^ *${sums.get('plantedBusy')}us .* plantedBusy$`, 'm'));
  const lines = goPprof('-list=^plantedBusy$', await exported('cpu', 'pprof'));
  assert.match(lines, /ms.* for \(let i = 0; i < 1000; i\+\+\) sum \+= Math\.sqrt\(i\);/);
  const heap = goPprof('-top', '-unit=B', await exported('heap', 'pprof'));
  assert.match(heap, /^Type: inuse_space$/m);
  assert.match(heap, new RegExp(`of ${total(busySums(made.heap.value))}B total`));
  assert.match(heap, /^ *\d+B .* plantedAllocator$/m);
});

for (const kind of ['cpu', 'heap']) {
  test(`speedscope opens its own format of a ${kind} profile, which fits its schema`, async () => {
    const file = await exported(kind, 'speedscope');
    const value = readJson(file);
    const validate = new Ajv({ strict: false }).compile(readJson(path.join(root, SCHEMA)));
    assert.ok(validate(value), JSON.stringify(validate.errors));
    const { profiles } = await importProfile('a.speedscope.json', fs.readFileSync(file, 'utf8'));
    const sums = new Map();
    profiles[0].forEachFrame((frame) => add(sums, frame.name, frame.getSelfWeight()));
    const expected = anonymous(busySums(made[kind].value), '(anonymous)');
    assert.deepEqual(sorted(sums), sorted(expected));
    assert.equal(profiles[0].getTotalWeight(), total(sumsOf(made[kind].value)));
  });

  test(`folded stacks of a ${kind} profile have every function's weight`, async () => {
    const text = fs.readFileSync(await exported(kind, 'folded'), 'utf8');
    const sums = new Map();
    for (const line of text.trimEnd().split('\n')) {
      const [, frame, weight] = /(?:^|;)([^;]*) (\d+)$/.exec(line);
      const name = frame.replace(/ \([^()]*\)$/, '');
      add(sums, name, Number(weight));
    }
    const expected = anonymous(busySums(made[kind].value), '(anonymous)');
    assert.deepEqual(sorted(sums), sorted(expected));
  });

  test(`chrome: a ${kind} profile comes out with the same weights`, async () => {
    const file = await exported(kind, 'chrome');
    assert.deepEqual(sorted(sumsOf(readJson(file))), sorted(sumsOf(made[kind].value)));
    const extension = kind === 'cpu' ? 'cpuprofile' : 'heapprofile';
    const text = fs.readFileSync(file, 'utf8');
    const { profiles } = await importProfile(`a.${extension}`, text);
    const planted = kind === 'cpu' ? 'plantedBusy' : 'plantedAllocator';
    let weight = 0;
    profiles[0].forEachFrame((frame) => {
      if (frame.name === planted) weight += frame.getSelfWeight();
    });
    assert.ok(weight > 0);
  });

  test(`html: the data of a ${kind} profile in a page`, async () => {
    const page = fs.readFileSync(await exported(kind, 'html'), 'utf8');
    assert.match(page, /^<!doctype html>/);
    const [, text] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page);
    const { version, title, total: whole, functions, nodes } = JSON.parse(text);
    assert.deepEqual([version, title], [1, path.basename(made[kind].path)]);
    assert.equal(whole, total(sumsOf(made[kind].value)));
    const sums = new Map();
    nodes.self.forEach((weight, node) => {
      const name = functions.name[nodes.function[node]];
      add(sums, name, weight);
    });
    const expected = anonymous(sumsOf(made[kind].value), '(anonymous)');
    assert.deepEqual(sorted(sums), sorted(expected));
  });
}
