'use strict';

// Class histograms: what is counted is what was planted, and a child that fails hurts nobody.

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { runForJson, startNode, nextMessage } = require('../support/child.js');
const { nodeMajor, root } = require('../support/env.js');
const { BALLAST, CHILDREN } = require('../support/fork.js');
const { names, tempDir } = require('../support/tempdir.js');

/** V8 can be asked for its objects from Node 20.1 on. */
const HOW = nodeMajor >= 20 ? 'query' : 'snapshot';

/** A heap for which a child is at work for a third of a second or more. */
const MORE_BALLAST = BALLAST.replace('40_000', '150_000');

/** Takes one with `options` after `before`; gives the result or the error, and the children left. */
function take(dir, options = '', { before = '', during = '', ...rest } = {}) {
  return runForJson(
    `
    ${CHILDREN}
    (async () => {
      ${before}
      const histogram = rsprof.classHistogram({ dir: ${JSON.stringify(dir)}, ${options} })
        .catch((error) => ({ ...told(error), cause: error.cause && told(error.cause) }));
      ${during}
      console.log(JSON.stringify({ ...(await histogram), left: children() }));
    })();`,
    rest,
  );
}

const read = ({ path: file }) => JSON.parse(fs.readFileSync(file, 'utf8'));

const countOf = ({ classes }, name) => classes.find((one) => one.name === name)?.count ?? 0;

function assertFails(dir, result, code, text = /./) {
  assert.equal(result.code, `ERR_RSPROF_${code}`, JSON.stringify(result));
  assert.match(result.message, text);
  assert.deepEqual(result.left, [], 'no child, no zombie');
  assert.deepEqual(names(dir), []);
}

// --- What is counted ---------------------------------------------------------------------------

const LONG = 'Long'.repeat(100);

test('planted classes are found exactly', async (t) => {
  const before = `
    class Planted { constructor(i) { this.i = i; } }
    class Base {}
    class Derived extends Base {}
    class Dropped {}
    class Labelled { get [Symbol.toStringTag]() { return 'Another'; } }
    class ${LONG} {}
    function Old() { this.x = 1; }
    const many = (length, make) => Array.from({ length }, (_, i) => make(i));
    globalThis.planted = [
      many(12_345, (i) => new Planted(i)), many(1_000, () => new Base()), many(2_000, () => new Derived()),
      many(300, () => new Labelled()), many(77, () => new ${LONG}()), many(400, () => new Old()),
    ];
    many(5_000, () => new Dropped());
  `;
  const result = await take(tempDir(t), '', { before });
  const document = read(result);
  assert.equal(countOf(document, 'Planted'), 12_345);
  assert.equal(countOf(document, 'Base'), 1_001, 'with the prototype of Derived');
  assert.equal(countOf(document, 'Derived'), 2_000);
  assert.equal(countOf(document, 'Old'), 400);
  assert.equal(countOf(document, 'Labelled'), 300);
  assert.equal(countOf(document, 'Dropped'), 0, 'garbage is not counted');
  // A snapshot's census cuts names to 200 characters.
  const kept = HOW === 'query' ? 256 : 200;
  assert.equal(countOf(document, LONG.slice(0, kept)), 77);
});

test('objects without a class, functions, arrays and maps are counted as V8 names them', async (t) => {
  const file = JSON.stringify(path.join(tempDir(t), 'one.classes.json'));
  const grown = await runForJson(`
    const fs = require('node:fs');
    const take = async () => {
      const { path } = await rsprof.classHistogram({ path: ${file}, overwrite: true, sidecar: false });
      return new Map(JSON.parse(fs.readFileSync(path, 'utf8')).classes.map(({ name, count }) => [name, count]));
    };
    const many = (length, make) => Array.from({ length }, (_, i) => make(i));
    (async () => {
      await take();
      const first = await take();
      globalThis.planted = [
        many(3_000, () => Object.create(null)), many(4_000, (i) => () => i), many(5_000, (i) => [i]),
        many(6_000, () => new Map()), many(7_000, (i) => async () => i), many(800, () => new Uint16Array(8)),
        many(9_000, (i) => 'text ' + i),
      ];
      const second = await take();
      const grown = [...second].map(([name, count]) => [name, count - (first.get(name) ?? 0)]);
      console.log(JSON.stringify(Object.fromEntries(grown)));
    })();
  `);
  const grew = (name, least) =>
    assert.ok(grown[name] >= least && grown[name] < least + 100, `${name}: ${grown[name]}`);
  grew('Object', 3_000);
  // A snapshot calls every function Function.
  grew('Function', HOW === 'query' ? 4_000 : 11_000);
  if (HOW === 'query') grew('AsyncFunction', 7_000);
  grew('Array', 5_000);
  grew('Map', 6_000);
  grew('Uint16Array', 800);
  grew('ArrayBuffer', 800);
  assert.equal(grown.String ?? 0, 0);
});

test('both ways to count agree on what was planted', {
  skip: HOW === 'snapshot' && 'there is one',
}, async (t) => {
  const before = `
    class Planted {}
    class Derived extends Planted {}
    globalThis.planted = Array.from({ length: 2_000 }, (_, i) => i % 2 ? new Planted() : new Derived());
    const backend = require(${JSON.stringify(path.join(root, 'lib', 'native-backend.js'))});
  `;
  const asked = await take(tempDir(t), '', { before });
  const counted = await take(tempDir(t), '', {
    before: `${before} backend.queriesObjects = () => false;`,
  });
  assert.deepEqual([asked.how, counted.how], ['query', 'snapshot']);
  for (const name of ['Planted', 'Derived']) {
    assert.ok(countOf(asked, name) >= 1000);
    assert.equal(countOf(asked, name), countOf(counted, name), name);
  }
  for (const { name } of read(counted).classes) assert.doesNotMatch(name, /^\(| \/ /);
});

test('a program that makes classes without end has them summed up', async (t) => {
  const before = `
    const text = Array.from({ length: 10_100 }, (_, i) => 'new (class Endless' + i + ' {})()').join();
    globalThis.planted = eval('[' + text + ']');
  `;
  const result = await take(tempDir(t), '', { before });
  const document = read(result);
  assert.equal(document.classes.length, 10_001);
  const rest = document.classes.at(-1);
  assert.equal(rest.name, '(other classes)');
  assert.ok(rest.count > 100 && rest.count < 500, `${rest.count}`);
  assert.ok(result.classCount > 10_100 && result.classCount < 10_500, `${result.classCount}`);
  const sum = document.classes.reduce((all, { count }) => all + count, 0);
  assert.equal(sum, result.objectCount);
});

// --- The file ----------------------------------------------------------------------------------

test('file, sidecar and result say the same', async (t) => {
  const dir = tempDir(t);
  const begin = Date.now();
  const result = await take(dir, "reason: 'a test'", { before: BALLAST });
  const document = read(result);
  assert.match(path.basename(result.path), /^\d{8}T\d{6}\.\d{3}Z-\d+-0-\d{4}\.classes\.json$/);
  assert.deepEqual(
    names(dir).sort(),
    [result.path, result.sidecar].map((one) => path.basename(one)),
  );
  assert.equal(fs.statSync(result.path).mode & 0o777, 0o600);
  const bytes = fs.readFileSync(result.path);
  assert.equal(result.bytes, bytes.length);
  assert.equal(result.sha256, createHash('sha256').update(bytes).digest('hex'));
  assert.equal(document.format, 'rsprof-classes/1');
  assert.ok(Date.parse(document.at) >= begin && Date.parse(document.at) <= Date.now());
  assert.equal(document.node, process.versions.node);
  assert.equal(document.rsprof, require(root).version);
  assert.equal(document.how, HOW);
  for (const name of ['how', 'objectCount', 'classCount'])
    assert.equal(result[name], document[name], name);
  assert.deepEqual(result.classes, document.classes.slice(0, 50));
  const sidecar = JSON.parse(fs.readFileSync(result.sidecar, 'utf8'));
  assert.equal(sidecar.kind, 'classHistogram');
  assert.equal(sidecar.reason, 'a test');
  assert.equal(sidecar.result.objectCount, result.objectCount);
});

test('the result says what it cost', async (t) => {
  const result = await take(tempDir(t), 'sidecar: false', { before: BALLAST });
  const { attempts, retries, childMs, addedBytes, confined, spilledBytes } = result.fork;
  assert.equal(attempts, retries.length + 1);
  assert.ok(childMs.prepareMs > 0 && childMs.graphMs > 0 && childMs.serializeMs > 0);
  assert.ok(addedBytes > 1e6, `${addedBytes}`);
  assert.equal(confined, true);
  assert.equal(spilledBytes, null);
  assert.ok(result.pauseMs > 0 && result.pauseMs < result.durationMs);
  assert.equal(result.sidecar, null);
  assert.equal(result.backend, 'native');
});

test('it takes a fraction of the memory of a snapshot', {
  skip: HOW === 'snapshot' && 'it is one',
}, async (t) => {
  const dir = JSON.stringify(tempDir(t));
  const { counted, taken } = await runForJson(`
    ${BALLAST}
    (async () => {
      const { fork: counted } = await rsprof.classHistogram({ dir: ${dir} });
      const { fork: taken } = await rsprof.heapSnapshot({ dir: ${dir}, strategy: 'fork', spill: false, fallback: false });
      console.log(JSON.stringify({ counted: counted.addedBytes, taken: taken.addedBytes }));
    })();
  `);
  t.diagnostic(`${counted} of ${taken} bytes`);
  assert.ok(counted < taken / 4, `${counted} of ${taken} bytes`);
});

test('an existing file is replaced only when asked to', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'mine.classes.json');
  fs.writeFileSync(file, 'mine');
  const options = `dir: undefined, path: ${JSON.stringify(file)}, sidecar: false`;
  const refused = await take(dir, options);
  assert.equal(refused.code, 'ERR_RSPROF_EXISTS');
  assert.equal(fs.readFileSync(file, 'utf8'), 'mine');
  const { classCount } = read(await take(dir, `${options}, overwrite: true`));
  assert.ok(classCount > 10);
});

// --- The company it is in ----------------------------------------------------------------------

test('the event loop turns while the child is held, and the gate is shut', async (t) => {
  const { turns, codes, classes } = await runForJson(`
    ${CHILDREN} ${BALLAST}
    (async () => {
      const dir = ${JSON.stringify(tempDir(t))};
      let done = false;
      const histogram = rsprof.classHistogram({ dir });
      histogram.finally(() => { done = true; });
      const pid = await held();
      let turns = 0;
      while (turns < 200 && !done) { await pause(0); turns++; }
      const others = [rsprof.heapSnapshot({ dir }), rsprof.classHistogram({ dir })];
      const codes = await Promise.all(others.map((other) => other.catch(({ code }) => code)));
      const queued = rsprof.classHistogram({ dir, queue: true });
      process.kill(pid, 'SIGCONT');
      await histogram;
      const { classes } = await queued;
      console.log(JSON.stringify({ turns, codes, classes }));
    })();
  `);
  assert.equal(turns, 200);
  assert.deepEqual(codes, ['ERR_RSPROF_BUSY', 'ERR_RSPROF_BUSY']);
  assert.equal(countOf({ classes }, 'Ballast'), 40_000);
});

const workerScript = (script) =>
  `const rsprof = require(${JSON.stringify(root)});
   const { parentPort, workerData } = require('node:worker_threads'); ${script}`;

test("a worker's objects are the worker's, and nobody else's", async (t) => {
  const script = workerScript(`
    class PlantedInWorker {}
    globalThis.planted = Array.from({ length: 23 }, () => new PlantedInWorker());
    rsprof.classHistogram({ dir: workerData }).then((result) => parentPort.postMessage(result));
  `);
  const [main, worker] = await runForJson(`
    const { Worker } = require('node:worker_threads');
    class PlantedInMain {}
    globalThis.planted = Array.from({ length: 45 }, () => new PlantedInMain());
    (async () => {
      const dir = ${JSON.stringify(tempDir(t))};
      const worker = new Worker(${JSON.stringify(script)}, { eval: true, workerData: dir });
      const message = require('node:events').once(worker, 'message');
      // Both at a time: two children of one process.
      const main = await rsprof.classHistogram({ dir });
      console.log(JSON.stringify([main, ...(await message)]));
    })();
  `);
  const counts = (result) =>
    ['PlantedInMain', 'PlantedInWorker'].map((name) => countOf(read(result), name));
  assert.deepEqual(counts(main), [45, 0]);
  assert.deepEqual(counts(worker), [0, 23]);
  assert.equal(main.threadId, 0);
  assert.notEqual(worker.threadId, 0);
});

test('a worker that is terminated in the middle of it leaves nothing', async (t) => {
  const dir = tempDir(t);
  const script = workerScript(
    `${BALLAST} rsprof.classHistogram({ dir: workerData }).catch(() => {});`,
  );
  const { left } = await runForJson(`
    ${CHILDREN}
    const { Worker } = require('node:worker_threads');
    (async () => {
      for (let round = 0; round < 5; round++) {
        const worker = new Worker(${JSON.stringify(script)}, { eval: true, workerData: ${JSON.stringify(dir)} });
        await forked();
        await worker.terminate();
      }
      console.log(JSON.stringify({ left: children() }));
    })();
  `);
  assert.deepEqual(left, []);
  assert.deepEqual(names(dir), []);
});

test('a heap near its limit is counted, and the process lives', async (t) => {
  const before = `
    class Planted { constructor(i) { this.list = [i, i, i, i]; } }
    const { getHeapStatistics } = require('node:v8');
    globalThis.planted = [];
    while (getHeapStatistics().used_heap_size < 24e6) globalThis.planted.push(Array.from({ length: 1000 }, (_, i) => new Planted(i)));
  `;
  const result = await take(tempDir(t), '', { before, nodeArgs: ['--max-old-space-size=30'] });
  assert.ok(countOf(read(result), 'Planted') > 20_000, JSON.stringify(result));
});

// --- What can go wrong -------------------------------------------------------------------------

// A child that is held does not end by itself.
for (const moment of ['pause(0)', 'pause(5)', 'pause(60)', 'held()']) {
  test(`aborted after ${moment}: told, the child gone, no file`, async (t) => {
    const dir = tempDir(t);
    const result = await take(dir, 'signal: ending.signal', {
      before: `${MORE_BALLAST} const ending = new AbortController();`,
      during: `await ${moment}; ending.abort(new Error('planted reason'));`,
    });
    assertFails(dir, result, 'ABORTED');
    assert.equal(result.cause.message, 'planted reason');
  });
}

for (const [budget, text] of [
  ['{ seconds: 0.05 }', /more than 0\.05 s/],
  ['{ memory: 1e6 }', /more than 0 MiB/],
]) {
  test(`a child over its budget ${budget} is ended`, async (t) => {
    const dir = tempDir(t);
    const result = await take(dir, `budget: ${budget}`, { before: MORE_BALLAST });
    assertFails(dir, result, 'BUDGET', text);
  });
}

test('a child that is stopped is ended by its budget', async (t) => {
  const dir = tempDir(t);
  const result = await take(dir, 'budget: { seconds: 1 }', {
    before: BALLAST,
    during: 'await held();',
  });
  assertFails(dir, result, 'BUDGET');
});

test('a child that the kernel kills is told, soon', async (t) => {
  const dir = tempDir(t);
  const during = "process.kill(await held(), 'SIGKILL');";
  const result = await take(dir, '', { before: BALLAST, during });
  assertFails(dir, result, 'FORK', /signal 9/);
});

test('a child that crashes once is followed by another one', async (t) => {
  const during = `
    const child = await held();
    process.kill(child, 'SIGSEGV');
    process.kill(child, 'SIGCONT');
  `;
  const result = await take(tempDir(t), '', { before: BALLAST, during });
  assert.equal(result.fork.attempts, 2);
  assert.match(result.fork.retries[0], /signal 11/);
  assert.equal(countOf(read(result), 'Ballast'), 40_000);
});

test('a file size limit that the child meets is ERR_RSPROF_DISK_FULL', async (t) => {
  const dir = tempDir(t);
  const before = `require('node:child_process').execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=1000']);`;
  assertFails(dir, await take(dir, '', { before }), 'DISK_FULL');
});

for (const [what, ending, code] of [
  ['process.exit', 'process.exit(7)', 7],
  ['an uncaught exception', "throw new Error('planted')", 1],
]) {
  test(`${what} half-way leaves neither file nor child`, async (t) => {
    const dir = tempDir(t);
    const parent = startNode(`
      ${CHILDREN} ${MORE_BALLAST}
      rsprof.classHistogram({ dir: ${JSON.stringify(dir)} }).catch(() => {});
      held().then((pid) => { process.send(pid); setTimeout(() => { ${ending}; }, 20); });
    `);
    const pid = await nextMessage(parent);
    assert.equal((await parent.finished).code, code);
    assert.equal(fs.existsSync(`/proc/${pid}`), false, 'the child is reaped before the end');
    assert.deepEqual(names(dir), []);
  });
}

test('a child that needs the room of a snapshot is not forked where there is none', {
  skip: HOW === 'query' && 'it needs far less',
}, async (t) => {
  const dir = tempDir(t);
  const before = "require('node:os').freemem = () => 1e6;";
  assertFails(dir, await take(dir, '', { before }), 'BUDGET', /heap snapshot.*MiB are left/);
});

test('the inspector back end has no fork: refused with the reason', async (t) => {
  const dir = tempDir(t);
  const result = await take(dir, '', { env: { RSPROF_BACKEND: 'inspector' } });
  assertFails(dir, result, 'UNSUPPORTED', /native back end/);
});

test('options that are wrong are refused by name', async (t) => {
  const dir = tempDir(t);
  for (const options of ["compression: 'gzip'", 'budget: 5', 'queue: 1', "strategy: 'fork'"]) {
    const result = await take(dir, options);
    assertFails(dir, result, 'INVALID_ARG', new RegExp(`'${options.split(':')[0]}'`));
  }
});
