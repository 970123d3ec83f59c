'use strict';

// Whether samples have the labels of the code they were taken in. The oracle is the stack: each label burns
// its time in a function of its own name, so that no clock and no load of the machine matters.

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');

const { NO_INLINING, runForJson, startNode } = require('../support/child.js');
const { labelledStacks, readCpuProfile } = require('../support/cpuprofile.js');
const { isNative, root } = require('../support/env.js');
const { tempDir } = require('../support/tempdir.js');

const nativeOnly = { skip: !isNative && 'profiles of the inspector have no labels' };

/** `burn.x(ms)` takes milliseconds of CPU time, whatever else the machine does, in a function named burn_x. */
const BURN = `
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const burn = new Proxy({}, {
    get: (made, name) => made[name] ??= new Function(
      'return function burn_' + name + '(ms) {' +
      '  const spent = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };' +
      '  const end = spent() + ms;' +
      '  let sum = 0;' +
      '  while (spent() < end) for (let i = 0; i < 300; i++) sum += Math.sqrt(i);' +
      '  return sum;' +
      '}')(),
  });
`;

/** What goes on after \`work\` in every way that there is. */
const CONTINUATIONS = `
  const fs = require('node:fs');
  const { EventEmitter, once } = require('node:events');
  const { Readable } = require('node:stream');
  const { promisify } = require('node:util');
  async function continuations(work) {
    work();
    await null;
    work();
    await wait(1);
    work();
    await new Promise((resolve) => setImmediate(() => { work(); resolve(); }));
    await new Promise((resolve) => process.nextTick(() => { work(); resolve(); }));
    await new Promise((resolve) => queueMicrotask(() => { work(); resolve(); }));
    await new Promise((resolve) => fs.stat('/', () => { work(); resolve(); }));
    await fs.promises.readFile(__filename === '[eval]' ? process.execPath + 'x' : __filename).catch(() => {});
    work();
    await Promise.all([1, 2].map(async () => { await wait(1); work(); }));
    const emitter = new EventEmitter();
    setTimeout(() => emitter.emit('go'), 1);
    await once(emitter, 'go');
    emitter.on('now', work).emit('now');
    for await (const _chunk of Readable.from(['a', 'b'])) work();
    await promisify((done) => { const timer = setInterval(() => { clearInterval(timer); work(); done(); }, 1); })();
  }
`;

/** Runs a script that prints { path }, and gives the labels and stacks of its profile's samples. */
async function profile(script) {
  const text = `${BURN} ${CONTINUATIONS} (async () => { ${script} })();`;
  const result = await runForJson(text, { nodeArgs: NO_INLINING });
  return labelledStacks(readCpuProfile(result.path));
}

/** Microseconds of `burn_*` functions, by name: all, and those labelled so: { a: { all, right } }. */
function judge(samples) {
  const figures = {};
  for (const { weight, labels, stack } of samples) {
    const name = stack.find((frame) => frame.startsWith('burn_'))?.slice('burn_'.length);
    if (!name) continue;
    figures[name] ??= { all: 0, right: 0 };
    figures[name].all += weight;
    if ((labels?.of ?? 'none') === name) figures[name].right += weight;
  }
  return figures;
}

function assertRight(samples, names, least = 0.75) {
  const figures = judge(samples);
  for (const [name, { all }] of Object.entries(figures)) {
    // V8 may count a sample or two of what ran just before the profile.
    assert.ok(names.includes(name) || all <= 5_000, `${all} us of ${name}, which is not meant`);
  }
  for (const name of names) {
    const { all, right } = figures[name] ?? { all: 0, right: 0 };
    assert.ok(all >= 5_000, `${all} us of ${name}`);
    assert.ok(right >= all * least, `${right} of ${all} us of ${name} are labelled so`);
  }
}

test(
  'labels follow every kind of continuation, in tasks that interleave',
  nativeOnly,
  async (t) => {
    const samples = await profile(`
    const profile = rsprof.startCpuProfile({ dir: ${JSON.stringify(tempDir(t))} });
    const task = (of, ms, times) => rsprof.label({ of }, async () => {
      for (let i = 0; i < times; i++) await continuations(() => burn[of](ms));
    });
    const none = (async () => { for (let i = 0; i < 10; i++) { await wait(2); burn.none(8); } })();
    await Promise.all([task('a', 6, 4), task('b', 3, 4), task('c', 4, 1), none]);
    console.log(JSON.stringify(await profile.stop()));`);
    assertRight(samples, ['a', 'b', 'c', 'none']);
    const idle = samples.filter(({ stack }) => stack[0] === '(idle)');
    assert.ok(idle.every(({ labels }) => labels === null));
  },
);

test(
  'the share of each label is that of its stacks, in short pieces too',
  nativeOnly,
  async (t) => {
    const samples = await profile(`
    const profile = rsprof.startCpuProfile({ dir: ${JSON.stringify(tempDir(t))} });
    const task = (of, times) => rsprof.label({ of }, async () => {
      for (let i = 0; i < times; i++) { burn[of](0.3); await new Promise(setImmediate); }
    });
    await Promise.all([task('a', 1200), task('b', 600), task('c', 200)]);
    console.log(JSON.stringify(await profile.stop()));`);
    const busy = samples.filter(({ stack }) => stack.some((frame) => frame.startsWith('burn_')));
    const sum = (rows) => rows.reduce((all, { weight }) => all + weight, 0);
    const figures = judge(samples);
    for (const of of ['a', 'b', 'c']) {
      const labelled = sum(busy.filter(({ labels }) => labels?.of === of)) / sum(busy);
      const actual = figures[of].all / sum(busy);
      assert.ok(Math.abs(labelled - actual) <= 0.1, `${of}: ${labelled}, its stacks ${actual}`);
    }
  },
);

/** A machine that takes the thread away within a sample blurs its time; labels that are wrong stay so. */
const ATTEMPTS = 3;

test('synchronous calls are exact, nested ones have the labels of both', nativeOnly, async (t) => {
  for (let attempt = 1; ; attempt++) {
    const samples = await profile(`
    const profile = rsprof.startCpuProfile({ dir: ${JSON.stringify(tempDir(t))} });
    for (let i = 0; i < 400; i++) {
      rsprof.label({ of: 'a', outer: 'x' }, () => {
        burn.a(0.2);
        rsprof.label({ of: 'b' }, () => burn.b(0.2));
        try { rsprof.label({ of: 'c' }, () => { burn.c(0.2); throw new Error(); }); } catch {}
        burn.a(0.2);
      });
      burn.none(0.2);
    }
    console.log(JSON.stringify(await profile.stop()));`);
    const inner = samples.filter(({ labels }) => labels?.of === 'b');
    assert.ok(inner.every(({ labels }) => labels.outer === 'x'));
    try {
      return assertRight(samples, ['a', 'b', 'c', 'none'], 0.97);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
});

test('one long native call belongs to its caller', nativeOnly, async (t) => {
  const samples = await profile(`
    const { pbkdf2Sync } = require('node:crypto');
    const profile = rsprof.startCpuProfile({ dir: ${JSON.stringify(tempDir(t))} });
    const hash = new Function('pbkdf2Sync', 'return function burn_hash() { pbkdf2Sync("a", "b", 150000, 64, "sha512"); }')(pbkdf2Sync);
    await rsprof.label({ of: 'a' }, async () => { await wait(5); burn.a(100); });
    await rsprof.label({ of: 'hash' }, async () => { await null; hash(); await null; hash(); });
    console.log(JSON.stringify(await profile.stop()));`);
  assertRight(samples, ['a', 'hash'], 0.9);
});

test('a label may be the first while profiles run, and they overlap', nativeOnly, async (t) => {
  const dir = JSON.stringify(tempDir(t));
  // Long: until the thread that asks has had its first turn, the labels are guesses.
  const script = `
    const first = rsprof.startCpuProfile({ dir: ${dir} });
    burn.none(60);
    const second = rsprof.startCpuProfile({ dir: ${dir}, interval: 500 });
    await rsprof.label({ of: 'a' }, async () => { await null; burn.a(300); });
    const early = await first.stop();
    await rsprof.label({ of: 'b' }, async () => { await wait(1); burn.b(300); });
    const late = await second.stop();
    const without = rsprof.startCpuProfile({ dir: ${dir} });
    burn.none(30);
    const none = await without.stop();
    console.log(JSON.stringify([early, late, none].map((result) => result.path)));`;
  const text = `${BURN} (async () => { ${script} })();`;
  const paths = await runForJson(text, { nodeArgs: NO_INLINING });
  const [early, late, none] = paths.map(readCpuProfile);
  assertRight(labelledStacks(early), ['a', 'none']);
  assertRight(labelledStacks(late), ['a', 'b']);
  assert.equal(none.rsprof, undefined);
  assert.deepEqual(early.rsprof.labels, [{ of: 'a' }]);
});

test('what is interrupted goes on as if nothing were', nativeOnly, async (t) => {
  const same = await runForJson(`
    const { isDeepStrictEqual } = require('node:util');
    const text = JSON.stringify(Array.from({ length: 20000 }, (_, i) => ({ i, s: 'x'.repeat(i % 50) })));
    const words = 'lorem ipsum dolor sit amet '.repeat(4000);
    const works = [
      () => JSON.parse(text).reduce((sum, { i, s }) => sum + i + s.length, 0),
      () => words.replace(/(\\w+) (\\w+)/g, '$2 $1').length,
      () => Array.from({ length: 50000 }, (_, i) => (i * 7919) % 50021).sort((a, b) => a - b)[777],
      () => [...words.matchAll(/[aeiou]+[^aeiou]/g)].length,
      () => { let n = 1n; for (let i = 1n; i < 1500n; i++) n *= i; return String(n).length; },
      () => { const m = new Map(); for (let i = 0; i < 50000; i++) m.set('k' + (i % 999), i); return m.size; },
      () => { const o = { sum: 0 }; for (let i = 0; i < 3e5; i++) { o.sum += i; o.last = i; } return o.sum + o.last; },
      () => { let depth = 0; const deeper = () => { depth++; deeper(); }; try { deeper(); } catch (e) { return e instanceof RangeError && depth > 1000; } },
      () => require('node:vm').runInNewContext('let s = 0; for (let i = 0; i < 2e5; i++) s += i % 7; s'),
      () => { class E extends Error {} let n = 0; for (let i = 0; i < 3000; i++) { try { throw new E(i); } catch (e) { n += e.message.length; } } return n; },
    ];
    const round = () => works.map((work) => work());
    (async () => {
      const expected = round();
      const profile = rsprof.startCpuProfile({ dir: ${JSON.stringify(tempDir(t))}, interval: 1000 });
      const same = await rsprof.label({ of: 'work' }, async () => {
        const answers = [];
        for (let i = 0; i < 12; i++) { answers.push(isDeepStrictEqual(round(), expected)); await null; }
        return answers.every(Boolean);
      });
      const { path } = await profile.stop();
      console.log(JSON.stringify({ same, path }));
    })();`);
  assert.equal(same.same, true);
  const samples = labelledStacks(readCpuProfile(same.path));
  const busy = samples.filter(({ stack }) => stack.includes('round'));
  const right = busy.filter(({ labels }) => labels?.of === 'work');
  assert.ok(
    busy.length > 50 && right.length >= busy.length * 0.85,
    `${right.length} of ${busy.length}`,
  );
});

test('each worker has its own; one that is terminated in the middle ends', async (t) => {
  const dir = JSON.stringify(tempDir(t));
  const worker = `
    const rsprof = require(${JSON.stringify(root)});
    const { parentPort, workerData } = require('node:worker_threads');
    ${BURN}
    const profile = rsprof.startCpuProfile({ dir: ${dir} });
    const { of, ends } = workerData;
    rsprof.label({ of }, async () => {
      await null;
      if (!ends) parentPort.postMessage('busy');
      do burn[of](100); while (!ends);
      parentPort.postMessage(await profile.stop());
    });`;
  const { codes, result } = await runForJson(`
    const { Worker } = require('node:worker_threads');
    const { once } = require('node:events');
    const start = (workerData) => new Worker(${JSON.stringify(worker)}, { eval: true, workerData });
    (async () => {
      const codes = [];
      for (let i = 0; i < 8; i++) {
        const busy = start({ of: 'x', ends: false });
        await once(busy, 'message');
        await new Promise((resolve) => setTimeout(resolve, i * 3));
        codes.push(await busy.terminate());
      }
      const [result] = await once(start({ of: 'w', ends: true }), 'message');
      console.log(JSON.stringify({ codes, result }));
    })();`);
  assert.deepEqual(codes, Array(8).fill(1));
  const read = readCpuProfile(result.path);
  if (isNative) assertRight(labelledStacks(read), ['w']);
  else assert.equal(read.rsprof, undefined);
});

for (const [how, end, code] of [
  ['process.exit()', 'process.exit(7)', 7],
  ['an error that nobody caught', 'throw new Error("planned")', 1],
  ['nothing left to do', '', 0],
]) {
  test(`a process that ends by ${how} ends so, labels or not`, async (t) => {
    const script = `
      ${BURN}
      process.on('exit', () => burn.exit(20));
      rsprof.startCpuProfile({ dir: ${JSON.stringify(tempDir(t))} });
      rsprof.label({ of: 'a' }, () => setImmediate(() => { burn.a(30); ${end} }));`;
    const result = await startNode(script).finished;
    assert.equal(result.code, code, result.stderr);
    assert.equal(result.signal, null);
    assert.equal(/panicked|ERR_RSPROF|FATAL/.test(result.stderr), false, result.stderr);
  });
}

test('without the addon label() runs the function, and profiles have no labels', async (t) => {
  const script = `
    const profile = rsprof.startCpuProfile({ path: ${JSON.stringify(path.join(tempDir(t), 'p.cpuprofile'))} });
    const value = await rsprof.label({ of: 'a' }, async (x) => { await null; burn.a(30); return x; }, 42);
    const { path } = await profile.stop();
    console.log(JSON.stringify({ value, path }));`;
  const env = { RSPROF_BACKEND: 'inspector' };
  const result = await runForJson(`${BURN} (async () => { ${script} })();`, { env });
  assert.equal(result.value, 42);
  assert.equal(readCpuProfile(result.path).rsprof, undefined);
});
