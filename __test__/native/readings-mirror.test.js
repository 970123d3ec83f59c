'use strict';

// The file that tells what a process was like when nobody can ask it any more.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { nextMessage, runForJson, startNode } = require('../support/child.js');
const { READINGS, tailOf } = require('../support/readings.js');
const { smallDisk } = require('../support/small-disk.js');
const { names, onCleanup, tempDir } = require('../support/tempdir.js');

const run = (body, options) => runForJson(`${READINGS}(async () => {${body}})();`, options);

const BYTES = 65_536;
const TAIL_AT = 512;

/** Opens a mirror in `dir` and writes to it. */
const MIRRORED = (dir) => `
  const readings = start();
  const file = ${JSON.stringify(path.join(dir, 'mirror'))};
  readings.mirrorTo({ path: file, bytes: ${BYTES}, tailOffset: ${TAIL_AT} });
  read(readings);
  readings.write(0, Buffer.from('head'));
  readings.write(${BYTES} - 4, Buffer.from('foot'));
`;

const mirrorIn = (dir) => fs.readFileSync(path.join(dir, 'mirror'));
const tailIn = (dir) => tailOf(mirrorIn(dir), TAIL_AT);

/** The first tail that is right; the time-out of the child ends the wait. */
async function tailUntil(child, dir, isRight) {
  while (child.exitCode === null && child.signalCode === null) {
    const tail = tailIn(dir);
    if (isRight(tail)) return tail;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`the child ended: ${(await child.finished).stderr}`);
}

const startMirrored = async (t, body) => {
  const dir = tempDir(t);
  const script = `${READINGS}(async () => {${MIRRORED(dir)}${body}})();`;
  const child = startNode(script, { nodeArgs: ['--expose-gc'], timeout: 30_000 });
  onCleanup(t, () => child.kill('SIGKILL'));
  await nextMessage(child);
  return { dir, child };
};

test('it holds what was written, survives SIGKILL, and is for its owner alone', async (t) => {
  const begin = Date.now();
  const { dir, child } = await startMirrored(
    t,
    `global.gc(); read(readings); await wait(20); process.send(read(readings)); setInterval(() => {}, 1000);`,
  );
  await tailUntil(child, dir, ({ heapFloor, rss }) => heapFloor > 0 && rss > 0);
  child.kill('SIGKILL');
  assert.equal((await child.finished).signal, 'SIGKILL');
  const bytes = mirrorIn(dir);
  assert.equal(bytes.length, BYTES);
  assert.equal(fs.statSync(path.join(dir, 'mirror')).mode & 0o777, 0o600);
  assert.equal(bytes.subarray(0, 4).toString(), 'head');
  assert.equal(bytes.subarray(-4).toString(), 'foot');
  const tail = tailOf(bytes, TAIL_AT);
  for (const name of ['time', 'readAt', 'floorTime']) {
    assert.ok(tail[name] >= begin - 1 && tail[name] <= Date.now() + 1, `${name} ${tail[name]}`);
  }
  for (const name of ['rss', 'memoryLimit', 'heapUsed', 'heapLimit', 'heapFloor', 'lastPause']) {
    assert.ok(tail[name] > 0, `${name} ${tail[name]}`);
  }
  assert.ok(tail.heapUsed < tail.heapLimit && tail.heapFloor < tail.rss);
  assert.ok(bytes.subarray(TAIL_AT + 88, TAIL_AT + 128).every((byte) => byte === 0));
});

test('its tail goes on while JavaScript is stuck, collections and all', async (t) => {
  const { dir, child } = await startMirrored(
    t,
    `
    process.send('stuck', () => {
      globalThis.kept = [];
      // What it keeps has an end, its collections have none: not each of them looks at the heap.
      for (let i = 0; ; i++) kept[i % 2e6] = { a: i };
    });
  `,
  );
  const early = tailIn(dir);
  const grew = ({ time, heapUsed }) => time > early.time && heapUsed > 4e7;
  const late = await tailUntil(child, dir, grew);
  const later = await tailUntil(child, dir, ({ time }) => time > late.time + 20);
  assert.equal(later.readAt, late.readAt, 'nobody read meanwhile');
  assert.ok(later.cpu > 0);
});

for (const [what, damage] of [
  ['truncates', 'fs.truncateSync(file, 0); await wait(30); fs.truncateSync(file, 1e6);'],
  ['removes', 'fs.unlinkSync(file);'],
  ['replaces', 'fs.unlinkSync(file); fs.mkdirSync(file);'],
]) {
  test(`somebody who ${what} it does not hurt the process`, async (t) => {
    const dir = tempDir(t);
    const { reading } = await run(`
      ${MIRRORED(dir)}
      await wait(20);
      ${damage}
      for (let i = 0; i < 20; i++) {
        readings.write(i * 1000, Buffer.alloc(1000, 1));
        await wait(2);
      }
      const reading = read(readings);
      readings.stop();
      print({ reading });
    `);
    assert.ok(reading.heapUsed > 0);
  });
}

test('a full disk is an error at once, and nothing is left on it', async (t) => {
  const dir = smallDisk(t, 32);
  if (!dir) return t.skip('may not mount a disk');
  const error = await run(`
    const readings = start();
    try {
      readings.mirrorTo({ path: ${JSON.stringify(path.join(dir, 'mirror'))}, bytes: ${BYTES}, tailOffset: 0 });
    } catch ({ code, message }) {
      print({ code, message });
    }
    readings.stop();
  `);
  assert.equal(error.code, 'ERR_RSPROF_DISK_FULL');
  assert.match(error.message, /allocating the mirror failed/);
  assert.deepEqual(names(dir), []);
});

test('a disk that fills up later ends the mirror, and says so', async (t) => {
  const dir = smallDisk(t, 128);
  if (!dir) return t.skip('may not mount a disk');
  const { error, reading, still } = await run(`
    ${MIRRORED(dir)}
    // What it has is its own, however full the disk is ...
    const fill = () => { try { fs.writeFileSync(${JSON.stringify(path.join(dir, 'fill'))}, Buffer.alloc(1e6)); } catch {} };
    fill();
    readings.write(${BYTES} - 4096, Buffer.alloc(4096, 1));
    await wait(30);
    const still = readings.mirrorError();
    // ... until somebody takes it away.
    fs.truncateSync(file, 0);
    fill();
    while (readings.mirrorError() === null) {
      readings.write(8192, Buffer.alloc(4096, 1));
      await wait(5);
    }
    readings.write(0, Buffer.from('nobody writes this'));
    print({ error: readings.mirrorError(), reading: read(readings), still });
    readings.stop();
  `);
  assert.equal(still, null);
  assert.match(error, /^writing the mirror failed: No space left on device/);
  assert.ok(reading.heapUsed > 0);
});

test('a limit on the size of files is an error, not a signal', async (t) => {
  const dir = tempDir(t);
  const script = `${READINGS}
    const readings = start();
    try {
      readings.mirrorTo({ path: ${JSON.stringify(path.join(dir, 'mirror'))}, bytes: ${BYTES}, tailOffset: 0 });
    } catch ({ code, message }) {
      print({ code, message });
    }
    readings.stop();`;
  const { execFileSync } = require('node:child_process');
  const file = path.join(dir, 'script.js');
  fs.writeFileSync(file, script);
  const command = 'ulimit -f 8; exec "$0" "$1"';
  const output = execFileSync('sh', ['-c', command, process.execPath, file], { encoding: 'utf8' });
  assert.match(JSON.parse(output).message, /File too large/);
  assert.deepEqual(names(dir), ['script.js']);
});

test('what is no place for a mirror is refused', async (t) => {
  const dir = tempDir(t);
  fs.writeFileSync(path.join(dir, 'precious'), 'precious');
  fs.symlinkSync('precious', path.join(dir, 'link'));
  const codes = await run(`
    const readings = start();
    const codes = [];
    const refused = (work) => { try { work(); codes.push('none'); } catch (error) { codes.push(error.code); } };
    const open = (name, options) =>
      () => readings.mirrorTo({ path: ${JSON.stringify(dir)} + name, bytes: ${BYTES}, tailOffset: 0, ...options });
    refused(open('/link'));
    refused(open('/'));
    refused(open('/no/folder'));
    refused(open('/new', { tailOffset: ${BYTES} - 100 }));
    refused(open('/new'));
    refused(() => readings.write(${BYTES} - 3, Buffer.alloc(4)));
    refused(() => readings.write(${BYTES} - 4, Buffer.alloc(4)));
    readings.stop();
    refused(open('/late'));
    print(codes);
  `);
  const [invalid, missing] = ['ERR_RSPROF_INVALID_ARG', 'ERR_RSPROF_NOT_FOUND'];
  assert.match(codes[0], /^ERR_RSPROF_(IO|ACCESS)$/);
  assert.deepEqual(codes.slice(1), [
    'ERR_RSPROF_IS_DIRECTORY',
    missing,
    invalid,
    'none',
    invalid,
    'none',
    'ERR_RSPROF_ABORTED',
  ]);
  assert.equal(fs.readFileSync(path.join(dir, 'precious'), 'utf8'), 'precious');
  assert.deepEqual(names(dir), ['link', 'new', 'precious']);
});
