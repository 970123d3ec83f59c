'use strict';

// What only the native back end does: V8 reached by symbol, serialising beside the JS thread.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const rsprof = require('../..');
const { ballast } = require('../support/ballast.js');
const { runForJson } = require('../support/child.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { tempDir } = require('../support/tempdir.js');

test('the probe knows the V8 of this Node', () => {
  const addon = require('../../native/index.js');
  const { supported, reason, v8Version } = addon.probe(false);
  assert.equal(supported, true, reason);
  assert.ok(process.versions.v8.startsWith(v8Version) || v8Version === process.versions.v8);
});

test('serialising runs on a thread named rsprof-serial while JavaScript goes on', async (t) => {
  const { seen, result, turns } = await runForJson(`
    ${ballast(200_000)}
    const fs = require('node:fs');
    const seen = new Set();
    let turns = 0;
    const timer = setInterval(() => {
      turns++;
      for (const id of fs.readdirSync('/proc/self/task')) {
        try { seen.add(fs.readFileSync('/proc/self/task/' + id + '/comm', 'utf8').trim()); } catch {}
      }
    }, 1);
    rsprof.heapSnapshot({ dir: ${JSON.stringify(tempDir(t))} }).then((result) => {
      clearInterval(timer);
      console.log(JSON.stringify({ seen: [...seen], result, turns }));
    });
  `);
  assert.ok(seen.includes('rsprof-serial'), seen.join());
  assert.equal(result.serializedOn, 'thread');
  assert.equal(result.pauses.serializeMs, 0);
  assert.ok(turns > 5, `the event loop turned ${turns} times`);
  readHeapSnapshot(result.path);
});

test('every thread of rsprof carries its name', async (t) => {
  const { added } = await runForJson(`
    ${ballast(100_000)}
    const fs = require('node:fs');
    const names = () => fs.readdirSync('/proc/self/task').map((id) => {
      try { return id + ' ' + fs.readFileSync('/proc/self/task/' + id + '/comm', 'utf8').trim(); }
      catch { return ''; }
    });
    (async () => {
      await rsprof.heapSnapshot({ dir: ${JSON.stringify(tempDir(t))} });
      const before = new Set(names());
      const added = new Set();
      const timer = setInterval(() => {
        for (const name of names()) if (name !== '' && !before.has(name)) added.add(name.split(' ')[1]);
      }, 1);
      await rsprof.heapSnapshot({ dir: ${JSON.stringify(tempDir(t))} });
      clearInterval(timer);
      console.log(JSON.stringify({ added: [...added] }));
    })();
  `);
  assert.ok(added.length > 0);
  // A thread that was just made shows its parent's name for a moment.
  const foreign = added.filter(
    (name) => !name.startsWith('rsprof') && !/^node|MainThread/.test(name),
  );
  assert.deepEqual(foreign, []);
});

test('JavaScript that allocates and collects garbage meanwhile does not disturb the file', async (t) => {
  const { path } = await runForJson(
    `${ballast(100_000)}
    let running = true;
    const churn = () => {
      globalThis.ballast = globalThis.ballast.map((one) => ({ ...one }));
      global.gc();
      if (running) setImmediate(churn);
    };
    const capture = rsprof.heapSnapshot({ dir: ${JSON.stringify(tempDir(t))} });
    churn();
    capture.then(({ path }) => { running = false; console.log(JSON.stringify({ path })); });`,
    { nodeArgs: ['--expose-gc'] },
  );
  readHeapSnapshot(path);
});

test('an inspector session that uses the heap profiler meanwhile waits; the file stays whole', async (t) => {
  const { paths, restored } = await runForJson(`
    ${ballast(100_000)}
    const inspector = require('node:inspector');
    const { post, disconnect } = inspector.Session.prototype;
    const paths = [];
    (async () => {
      for (const method of ['HeapProfiler.enable', 'HeapProfiler.collectGarbage', 'HeapProfiler.disable',
        'HeapProfiler.startTrackingHeapObjects', 'disconnect']) {
        const session = new inspector.Session();
        session.connect();
        session.post('HeapProfiler.enable');
        let used = false;
        const capture = rsprof.heapSnapshot({ dir: ${JSON.stringify(tempDir(t))} });
        const use = () => {
          if (used) return;
          used = true;
          if (method === 'disconnect') session.disconnect();
          else session.post(method);
        };
        const timer = setTimeout(use, 60);
        paths.push((await capture).path);
        clearTimeout(timer);
        use();
        if (method === 'HeapProfiler.startTrackingHeapObjects') session.post('HeapProfiler.stopTrackingHeapObjects');
        if (method !== 'disconnect') session.disconnect();
      }
      const now = inspector.Session.prototype;
      console.log(JSON.stringify({ paths, restored: now.post === post && now.disconnect === disconnect }));
    })();
  `);
  assert.equal(paths.length, 5);
  for (const path of paths) readHeapSnapshot(path);
  assert.equal(restored, true, 'inspector.Session is as it was');
});

test('while allocations are tracked the snapshot is serialised on the main thread, and all survive', async (t) => {
  const { result, after } = await runForJson(`
    const inspector = require('node:inspector');
    const session = new inspector.Session();
    session.connect();
    session.post('HeapProfiler.startTrackingHeapObjects', { trackAllocations: true });
    ${ballast(5_000)}
    (async () => {
      const options = { dir: ${JSON.stringify(tempDir(t))} };
      const result = await rsprof.heapSnapshot(options);
      session.post('HeapProfiler.stopTrackingHeapObjects');
      session.disconnect();
      const after = await rsprof.heapSnapshot(options);
      console.log(JSON.stringify({ result, after }));
    })();
  `);
  assert.equal(result.serializedOn, 'main');
  assert.ok(result.pauses.serializeMs > 0);
  const snapshot = readHeapSnapshot(result.path);
  assert.ok(snapshot.document.trace_function_infos.length > 0, 'the allocation stacks are in it');
  assert.equal(after.serializedOn, 'thread');
  readHeapSnapshot(after.path);
});

test('tracking that is stopped right after the graph is built does not abort the process', async (t) => {
  const { path } = await runForJson(`
    const inspector = require('node:inspector');
    const session = new inspector.Session();
    session.connect();
    session.post('HeapProfiler.startTrackingHeapObjects', { trackAllocations: true });
    ${ballast(5_000)}
    const stream = rsprof.heapSnapshotStream();
    const chunks = [];
    stream.on('data', (chunk) => {
      if (chunks.length === 0) session.post('HeapProfiler.stopTrackingHeapObjects');
      chunks.push(chunk);
    });
    stream.on('end', () => {
      const path = require('node:path').join(${JSON.stringify(tempDir(t))}, 'stream.heapsnapshot');
      require('node:fs').writeFileSync(path, Buffer.concat(chunks));
      console.log(JSON.stringify({ path }));
    });
  `);
  readHeapSnapshot(path);
});

test('while the inspector is open the snapshot is serialised on the main thread', async (t) => {
  const { open, closed } = await runForJson(
    `const inspector = require('node:inspector');
    (async () => {
      const options = { dir: ${JSON.stringify(tempDir(t))} };
      inspector.open(0, '127.0.0.1');
      const open = await rsprof.heapSnapshot(options);
      inspector.close();
      const closed = await rsprof.heapSnapshot(options);
      console.log(JSON.stringify({ open, closed }));
    })();`,
  );
  assert.equal(open.serializedOn, 'main');
  readHeapSnapshot(open.path);
  assert.equal(closed.serializedOn, 'thread');
});

test('logging is eager unless asked for otherwise', async (t) => {
  const handle = rsprof.startCpuProfile({ dir: tempDir(t) });
  const { logging, startMs } = await handle.stop();
  assert.equal(logging, 'eager');
  assert.ok(startMs >= 0);
});

test('lazy logging can be asked for', async (t) => {
  const handle = rsprof.startCpuProfile({ dir: tempDir(t), logging: 'lazy' });
  const { logging } = await handle.stop();
  assert.equal(logging, 'lazy');
});
