'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');

const { runForJson } = require('../support/child.js');
const { BALLAST, CHILDREN } = require('../support/fork.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { tempDir } = require('../support/tempdir.js');

const take = (t, options, { before = '', env } = {}) => {
  const dir = tempDir(t);
  const script = `
    class PlantedKeeper { constructor() { this.plantedSecret = 'a planted text of the program'; this.plantedNumber = 4711.25; } }
    globalThis.planted = new PlantedKeeper();
    ${before}
    rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, ${options} })
      .catch(({ code, message }) => ({ code, message }))
      .then((result) => console.log(JSON.stringify(result)));
  `;
  return runForJson(script, { env });
};

const instances = (snapshot, name) =>
  snapshot
    .nodesNamed(name)
    .filter((node) => snapshot.propertyNames(node).some((one) => one.startsWith('planted')));

function assertKeeper(snapshot, text = 'a planted text of the program') {
  const [keeper, ...others] = instances(snapshot, 'PlantedKeeper');
  assert.ok(keeper !== undefined && others.length === 0, 'the planted object is there, once');
  assert.equal(snapshot.name(snapshot.follow(keeper, 'plantedSecret')), text);
  return keeper;
}

for (const options of ["strategy: 'auto'", "strategy: 'fork'", '']) {
  test(`on Linux the snapshot is by fork, says so and says what it cost: {${options}}`, async (t) => {
    const result = await take(t, options);
    assert.equal(result.strategy, 'fork');
    assert.equal(result.fallback, null);
    assert.equal(result.serializedOn, 'child');
    assert.equal(result.stableIds, false);
    const { childMs, addedBytes, confined, attempts, retries } = result.fork;
    assert.equal(confined, true);
    assert.equal(attempts, retries.length + 1);
    assert.ok(addedBytes > 1e6, `${addedBytes} bytes were added`);
    for (const phase of ['prepareMs', 'graphMs', 'serializeMs'])
      assert.ok(childMs[phase] > 0, phase);
    const { forkMs, graphMs, serializeMs, releaseMs } = result.pauses;
    assert.ok(forkMs > 0);
    assert.equal(graphMs + serializeMs, 0, 'those were the child');
    assert.equal(result.pauseMs, forkMs + releaseMs);
    assertKeeper(readHeapSnapshot(result.path));
  });
}

test('RSPROF_STRATEGY is the default, and inline says so', async (t) => {
  const result = await take(t, '', { env: { RSPROF_STRATEGY: 'inline' } });
  assert.equal(result.strategy, 'inline');
  assert.equal(result.fork, null);
  assert.equal(result.fallback, null);
  assert.equal(result.pauses.forkMs, 0);
  assert.ok(result.pauses.graphMs > 0);
});

test('the sidecar says the strategy, what the fork cost and whether ids are stable', async (t) => {
  const { sidecar, path: _path, sidecar: _sidecar, ...result } = await take(t, "strategy: 'fork'");
  const document = JSON.parse(fs.readFileSync(sidecar, 'utf8'));
  assert.equal(document.options.strategy, 'fork');
  assert.equal(document.options.stableIds, false);
  for (const name of ['strategy', 'fork', 'fallback', 'stableIds', 'pauses', 'pauseMs', 'sha256']) {
    assert.deepEqual(document.result[name], result[name], name);
  }
});

for (const compression of ['gzip', 'zstd', 'none']) {
  test(`the child compresses: ${compression}`, async (t) => {
    const result = await take(t, `strategy: 'fork', compression: '${compression}'`);
    assert.equal(result.strategy, 'fork');
    assert.equal(fs.statSync(result.path).size, result.bytes);
    const snapshot = readHeapSnapshot(result.path);
    assertKeeper(snapshot);
    assert.equal(Buffer.byteLength(snapshot.text), result.rawBytes);
    assert.equal(snapshot.nodeCount, result.nodeCount);
    assert.equal(snapshot.edgeCount, result.edgeCount);
    const { createHash } = require('node:crypto');
    const digest = createHash('sha256').update(fs.readFileSync(result.path)).digest('hex');
    assert.equal(result.sha256, digest);
    assert.equal(fs.statSync(result.path).mode & 0o777, 0o600);
  });
}

test('the child redacts: no text of the program is in the file', async (t) => {
  const result = await take(t, "strategy: 'fork', redact: 'strings', compression: 'none'");
  assert.equal(result.strategy, 'fork');
  const snapshot = readHeapSnapshot(result.path);
  assert.equal(instances(snapshot, 'PlantedKeeper').length, 1);
  assert.ok(!snapshot.text.includes('a planted text of the program'));
});

test('numericValues shows numbers, in the child too', async (t) => {
  const without = await take(t, "strategy: 'fork'");
  const having = await take(t, "strategy: 'fork', numericValues: true");
  assert.equal(readHeapSnapshot(without.path).strings.includes('4711.25'), false);
  assert.equal(readHeapSnapshot(having.path).strings.includes('4711.25'), true);
});

test('the file shows the heap as it was at the fork, not as it became', async (t) => {
  const dir = tempDir(t);
  const { path } = await runForJson(
    `
    ${BALLAST} ${CHILDREN}
    class PlantedBefore { plantedField = 'before'; }
    class PlantedAfter { plantedField = 'after'; }
    globalThis.planted = [new PlantedBefore()];
    (async () => {
      const snapshot = rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, strategy: 'fork', fallback: false });
      await forked();
      globalThis.planted = Array.from({ length: 1000 }, () => new PlantedAfter());
      gc();
      const { path, fork } = await snapshot;
      if (fork.attempts > 1) process.exit(9);
      console.log(JSON.stringify({ path }));
    })();
  `,
    { nodeArgs: ['--expose-gc'] },
  );
  const snapshot = readHeapSnapshot(path);
  assert.equal(instances(snapshot, 'PlantedBefore').length, 1);
  assert.equal(instances(snapshot, 'PlantedAfter').length, 0);
});

/** How often a 5 ms interval comes during a snapshot, for each second it takes; and the longest stop. */
const LOOP = `
  const measure = async (options) => {
    let ticks = 0;
    let longest = 0;
    let last = performance.now();
    const tick = () => { const now = performance.now(); longest = Math.max(longest, now - last); last = now; ticks++; };
    const timer = setInterval(tick, 5);
    const begin = performance.now();
    const { strategy, pauseMs, durationMs } = await rsprof.heapSnapshot(options);
    tick();
    clearInterval(timer);
    return { strategy, pauseMs, durationMs, longest, share: (ticks * 5) / (performance.now() - begin) };
  };
`;

test('the event loop does not wait for the child: it turns while the child is held', async (t) => {
  const dir = tempDir(t);
  const found = await runForJson(`
    ${CHILDREN} ${BALLAST}
    (async () => {
      let done = false;
      const snapshot = rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, strategy: 'fork', fallback: false });
      snapshot.finally(() => { done = true; });
      const pid = await held();
      let turns = 0;
      while (turns < 500) { await pause(0); turns++; }
      const pending = !done;
      process.kill(pid, 'SIGCONT');
      const { strategy } = await snapshot;
      console.log(JSON.stringify({ turns, pending, strategy }));
    })();
  `);
  assert.deepEqual(found, { turns: 500, pending: true, strategy: 'fork' });
});

test('pauseMs is the time the thread stood still for the fork, as a clock sees it', async (t) => {
  const dir = tempDir(t);
  const { pauseMs, longest } = await runForJson(`
    ${LOOP}
    globalThis.filled = Array.from({ length: 200 }, () => Buffer.alloc(2 ** 20, 1));
    measure({ dir: ${JSON.stringify(dir)}, strategy: 'fork', stableIds: true, fallback: false })
      .then((result) => console.log(JSON.stringify(result)));
  `);
  assert.ok(pauseMs > 1, `${pauseMs} ms`);
  assert.ok(
    pauseMs <= longest * 3 + 10,
    `${pauseMs} ms are told, the longest stop was ${longest} ms`,
  );
});

test('progress comes from the child, rises, and ends at 100 %', async (t) => {
  const dir = tempDir(t);
  const { seen, rawBytes } = await runForJson(`
    class Ballast { constructor(i) { this.a = i; this.b = [i]; } }
    globalThis.ballast = Array.from({ length: 100_000 }, (_, i) => new Ballast(i));
    const seen = [];
    const onProgress = (one) => seen.push(one);
    rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, strategy: 'fork', fallback: false, onProgress })
      .then(({ rawBytes }) => console.log(JSON.stringify({ seen, rawBytes })));
  `);
  const between = seen.filter(({ percent }) => percent > 0 && percent < 100);
  assert.ok(between.length > 0, JSON.stringify(seen));
  seen.reduce((last, one) => {
    assert.ok(one.rawBytes >= last.rawBytes && one.done >= last.done, JSON.stringify(seen));
    return one;
  });
  assert.equal(seen.at(-1).percent, 100);
  assert.equal(seen.at(-1).rawBytes, rawBytes);
});

test('the inspector back end has no fork: strategy fork is refused, auto is inline', async (t) => {
  const env = { RSPROF_BACKEND: 'inspector' };
  const refused = await take(t, "strategy: 'fork'", { env });
  assert.equal(refused.code, 'ERR_RSPROF_UNSUPPORTED');
  assert.match(refused.message, /'auto' or 'inline'/);
  const inline = await take(t, "strategy: 'auto'", { env });
  assert.equal(inline.strategy, 'inline');
  assert.equal(inline.fork, null);
  readHeapSnapshot(inline.path);
});

test('options that are wrong are refused by name', async (t) => {
  for (const options of [
    "strategy: 'spoon'",
    'fallback: 1',
    'stableIds: 0',
    'budget: 5',
    'budget: { seconds: 0 }',
    'budget: { memory: -1 }',
    'budget: { minutes: 1 }',
    'budget: { seconds: NaN }',
  ]) {
    const { code, message } = await take(t, options);
    assert.equal(code, 'ERR_RSPROF_INVALID_ARG', options);
    assert.match(message, new RegExp(`'${options.split(':')[0]}'`), options);
  }
});

for (const [budget, code] of [
  ['{ seconds: Infinity }', 'ERR_RSPROF_INVALID_ARG'],
  ['{ seconds: 1e30 }', 'ERR_RSPROF_INVALID_ARG'],
]) {
  test(`a budget beyond any clock is the caller's mistake, not an internal error: ${budget}`, async (t) => {
    assert.equal((await take(t, `strategy: 'fork', budget: ${budget}`)).code, code);
  });
}
