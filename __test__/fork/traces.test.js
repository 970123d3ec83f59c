'use strict';

// What a process that took snapshots by fork is like afterwards: as before.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { buildAddon } = require('../support/c-addon.js');
const { runForJson } = require('../support/child.js');
const { CHILDREN } = require('../support/fork.js');
const { names, tempDir } = require('../support/tempdir.js');

const MB = 2 ** 20;

const LOOKS = `
  ${CHILDREN}
  const fs = require('node:fs');
  const inventory = () => ({
    threads: fs.readdirSync('/proc/self/task').length,
    descriptors: fs.readdirSync('/proc/self/fd').length,
    children: children(),
    listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
  });
  /** Private anonymous mappings that a forked child does not get, and those that it gets. */
  const inheritance = () => {
    const found = { inherited: 0, notInherited: 0, notInheritedBytes: 0 };
    let bytes = 0;
    for (const line of fs.readFileSync('/proc/self/smaps', 'utf8').split('\\n')) {
      const header = /^([0-9a-f]+)-([0-9a-f]+) ...(.) [0-9a-f]+ \\S+ (\\d+)\\s*(.*)$/.exec(line);
      if (header) {
        const [, start, end, kind, inode, name] = header;
        const isAnonymous = kind === 'p' && inode === '0' && !/^\\[(stack|v)/.test(name);
        bytes = isAnonymous ? parseInt(end, 16) - parseInt(start, 16) : 0;
      } else if (bytes > 0 && line.startsWith('VmFlags:')) {
        const isKept = / dc( |$)/.test(line);
        found[isKept ? 'notInherited' : 'inherited']++;
        if (isKept) found.notInheritedBytes += bytes;
      }
    }
    return found;
  };
  const rss = () => { gc(); gc(); return Number(fs.readFileSync('/proc/self/statm', 'utf8').split(' ')[1]) * 4096; };
`;

const run = (script, env) =>
  runForJson(`${LOOKS}\n(async () => { ${script} })();`, {
    env,
    nodeArgs: ['--expose-gc', '--max-semi-space-size=2'],
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 240_000,
  });

test('after ten snapshots there is no child, zombie, thread, descriptor or listener more, and no half file', async (t) => {
  const dir = tempDir(t);
  const { before, after, seen } = await run(`
    const take = () => rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, strategy: 'fork', fallback: false });
    await take();
    await pause(100);
    const before = inventory();
    const seen = [];
    for (let i = 0; i < 10; i++) {
      await take();
      seen.push(...children());
    }
    await pause(100);
    console.log(JSON.stringify({ before, after: inventory(), seen }));
  `);
  assert.deepEqual(after, before);
  assert.deepEqual(after.children, []);
  assert.deepEqual(seen, [], 'when a snapshot is done its child is gone and reaped');
  assert.equal(names(dir).filter((name) => /\.heapsnapshot\.gz$/.test(name)).length, 11);
  assert.deepEqual(
    names(dir).filter((name) => name.endsWith('.partial')),
    [],
  );
});

test("the parent's memory is what it was; a snapshot in the process leaves V8's object map behind", async (t) => {
  const dir = tempDir(t);
  const { byFork, inline } = await run(`
    class Ballast { constructor(i) { this.a = i; this.b = [i]; } }
    globalThis.ballast = Array.from({ length: 100_000 }, (_, i) => new Ballast(i));
    const take = (strategy) => rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, strategy, fallback: false });
    // The first one loads code.
    await take('fork');
    await pause(50);
    const start = rss();
    for (let i = 0; i < 3; i++) await take('fork');
    const forked = rss();
    await take('inline');
    await pause(50);
    console.log(JSON.stringify({ byFork: forked - start, inline: rss() - forked }));
  `);
  t.diagnostic(
    `RSS grew by ${byFork / MB} MB after three forks, by ${inline / MB} MB after one inline`,
  );
  assert.ok(byFork < 16 * MB, `three more snapshots by fork: ${byFork / MB} MB`);
  assert.ok(inline > 20 * MB, `one in the process: ${inline / MB} MB`);
  assert.ok(inline > 4 * byFork);
});

/** The marks before and after a snapshot, in a process with a heap of 120 MB. What they are good for, quick spawns, is timed in bench/. */
const marks = (t, env) =>
  run(
    `
    globalThis.ballast = Array.from({ length: 120 }, () => new Array(2 ** 17).fill(0));
    gc();
    const before = inheritance();
    const dir = ${JSON.stringify(tempDir(t))};
    await rsprof.heapSnapshot({ dir, strategy: 'fork', fallback: false });
    console.log(JSON.stringify({ before, after: inheritance() }));`,
    env,
  );

/** The heap may have grown or shrunk by some pages meanwhile. */
function assertMarksAreBack({ before, after }) {
  const told = JSON.stringify({ before, after });
  assert.ok(before.notInherited >= 10, `Node marks its heap MADV_DONTFORK: ${told}`);
  assert.ok(after.notInherited >= 0.75 * before.notInherited, told);
  assert.ok(after.notInheritedBytes >= 0.75 * before.notInheritedBytes, told);
}

test('mappings that were not inherited before the fork are not inherited after it', async (t) => {
  const found = await marks(t);
  t.diagnostic(JSON.stringify(found));
  assertMarksAreBack(found);
});

test('the measure sees marks that are not put back (so that the test above can fail)', async (t) => {
  const found = await marks(t, { LD_PRELOAD: buildAddon(tempDir(t), 'forget-marks') });
  t.diagnostic(JSON.stringify(found));
  assert.throws(() => assertMarksAreBack(found), /notInherited/);
});

test('what the program allocates between the call and the fork is not inherited by later spawns either', async (t) => {
  const { before, after } = await run(`
    const dir = ${JSON.stringify(tempDir(t))};
    await rsprof.heapSnapshot({ dir, strategy: 'fork', fallback: false });
    const before = inheritance();
    const snapshot = rsprof.heapSnapshot({ dir, strategy: 'fork', fallback: false });
    // Busy turns of the event loop, from here until the child is there.
    const kept = [];
    const timer = setInterval(() => {
      const end = performance.now() + 40;
      while (performance.now() < end);
      if (kept.length < 200) for (let i = 0; i < 20; i++) kept.push(new Array(2 ** 17).fill(0));
    }, 1);
    await forked();
    clearInterval(timer);
    await snapshot;
    globalThis.kept = kept;
    console.log(JSON.stringify({ before, after: { ...inheritance(), kept: kept.length } }));
  `);
  t.diagnostic(JSON.stringify({ before, after }));
  const grown = after.notInheritedBytes - before.notInheritedBytes;
  assert.ok(
    grown > 0.75 * after.kept * MB,
    `${after.kept} MB were allocated, ${grown / MB} MB carry the mark`,
  );
});

test('pages that V8 mapped between two forks are not inherited either, after six of them', async (t) => {
  const { before, after } = await run(`
    const kept = [];
    const fill = () => kept.push(Array.from({ length: 5_000 }, (_, i) => ({ i, list: [i] })));
    fill();
    const dir = ${JSON.stringify(tempDir(t))};
    await rsprof.heapSnapshot({ dir, strategy: 'fork', fallback: false });
    const before = inheritance();
    for (let i = 0; i < 6; i++) {
      const snapshot = rsprof.heapSnapshot({ dir, strategy: 'fork', fallback: false });
      await forked();
      for (let j = 0; j < 5; j++) fill();
      await snapshot;
    }
    console.log(JSON.stringify({ before, after: inheritance() }));
  `);
  t.diagnostic(JSON.stringify({ before, after }));
  assert.ok(after.notInherited > before.notInherited, 'new pages of the heap carry the mark');
  assert.ok(after.inherited <= before.inherited + 16, 'those without it do not pile up');
});
