'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { tempDir } = require('./support.js');

const BACKEND = path.join(__dirname, '..', '..', 'lib', 'inspector-backend.js');

/** Captures of every kind into `dir`, and what is left: printed as JSON. The process goes on. */
const script = (dir) => `
  const fs = require('node:fs');
  const backend = require(${JSON.stringify(BACKEND)});
  const dir = ${JSON.stringify(dir)};
  const how = { compression: 'none', level: 1 };
  const request = { ...how, tempDir: dir, numericValues: false, exposeInternals: false, redactKey: null };
  const target = (name) => {
    const file = dir + '/' + name + '.00000000-1-1-0.partial';
    fs.closeSync(fs.openSync(file, 'wx', 0o600));
    return file;
  };
  const outcome = async (work) => {
    try { return await work(); } catch ({ name, code, message }) { return { name, code, message }; }
  };
  const profile = (recording, name) => outcome(() => recording.stop({ ...how, target: target(name) }));
  async function stream() {
    const recording = backend.takeSnapshot({ ...request, target: null });
    while (await recording.read());
    return recording.done;
  }
  async function main() {
    const before = fs.readdirSync('/proc/self/fd').length;
    const outcomes = {
      snapshot: await outcome(() => backend.takeSnapshot({ ...request, target: target('a') }).done),
      stream: await outcome(stream),
    };
    const cpu = backend.startCpuProfile({ interval: 1000, maxSamples: 1e6, callerLines: false });
    const heap = backend.startHeapProfile({ interval: 1024, stackDepth: 32, includeCollected: false });
    globalThis.kept = Array.from({ length: 1e5 }, (_, i) => [i]);
    fill();
    outcomes.cpu = await profile(cpu, 'cpu');
    outcomes.heap = await profile(heap, 'heap');
    outcomes.files = fs.readdirSync(dir).filter((name) => name.includes('.raw.'));
    outcomes.descriptors = fs.readdirSync('/proc/self/fd').length - before;
    console.log(JSON.stringify(outcomes));
  }
  main();
`;

/** Leaves no byte of the disk free. */
const FILL = `
  function fill() {
    const fd = fs.openSync(dir + '/filler', 'w');
    for (let size = 65536; size >= 1; size >>= 1) {
      try { for (;;) if (fs.writeSync(fd, Buffer.alloc(size)) < size) break; } catch {}
    }
  }
`;

function shell(command, code) {
  return spawnSync('sh', ['-c', command, 'sh', process.execPath, code], { encoding: 'utf8' });
}

function outcomes({ status, stdout, stderr }) {
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1));
}

function assertFull({ name, code, message }) {
  assert.equal(name, 'RsprofError', message);
  assert.equal(code, 'ERR_RSPROF_DISK_FULL', message);
}

const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;

for (const [what, kibibytes] of [
  ['the raw snapshot', 1024],
  ['the file beside it', 12 * 1024],
]) {
  test(`a disk with no room for ${what}`, { skip: !canMount && 'mount needs root' }, (t) => {
    const dir = tempDir(t);
    const mount = `mount -t tmpfs -o size=${kibibytes}k tmpfs ${dir}`;
    const result = shell(
      `unshare -m sh -c '${mount} && exec "$@"' sh "$1" -e "$2"`,
      ballast(what) + FILL + script(dir),
    );
    const found = outcomes(result);
    assertFull(found.snapshot);
    if (kibibytes === 1024) assertFull(found.stream);
    assertFull(found.cpu);
    assertFull(found.heap);
    assert.deepEqual(found.files, []);
    assert.equal(found.descriptors, 1, 'but the filler');
  });
}

/** A raw snapshot of 7 to 11 MB. */
function ballast(what) {
  return what === 'the raw snapshot'
    ? ''
    : 'globalThis.ballast = Array.from({ length: 22_000 }, (_, i) => ({ i }));';
}

test('a limit on the size of files', (t) => {
  const dir = tempDir(t);
  // In 512-byte or 1 KiB units, by shell.
  const found = outcomes(
    shell('ulimit -f 400; exec "$1" -e "$2"', `function fill() {} ${script(dir)}`),
  );
  assertFull(found.snapshot);
  assertFull(found.stream);
  assert.deepEqual(found.files, []);
  assert.equal(found.descriptors, 0);
  assert.ok(found.cpu.sha256 && found.heap.sha256, 'small files still fit');
});
