'use strict';

// The memory of the way from V8's serialiser to the disk or the reader. What V8 itself needs for
// its graph is outside: each child measures from the moment at which the graph is built.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { runForJson } = require('../support/child.js');
const { tempDir } = require('../support/tempdir.js');

const MB = 2 ** 20;

/**
 * What a capture may add to the process while it serialises, compresses and writes: the pipe's own
 * blocks, the compressor, the census of names, and the stacks of its threads.
 */
const PIPE_LIMIT = 16 * MB;

/** The same for a stream, with what its reader has let go and V8 has not collected yet. */
const STREAM_LIMIT = 32 * MB;

const SMALL = 200_000;
const LARGE = 2_000_000;
const MEDIUM = 1_000_000;

/** One object is about 100 bytes of heap and 60 bytes of JSON. */
const MEASURE = (objects) => `
  const fs = require('node:fs');
  const rss = () => Number(fs.readFileSync('/proc/self/statm', 'utf8').split(' ')[1]) * 4096;
  class Ballast {
    constructor(i) { this.a = this.b = this.c = this.d = this.e = this.f = this.g = this.h = i % 1000; }
  }
  // In lists of a thousand: V8's serialiser keeps a table of all names, and an index is a name there.
  const list = () => Array.from({ length: 1000 }, (_, i) => new Ballast(i));
  globalThis.ballast = Array.from({ length: ${objects} / 1000 }, list);
  global.gc();
  const heapUsed = process.memoryUsage().heapUsed;
  const samples = [];
  const look = () => samples.push({ at: performance.now(), rss: rss() });
  const watch = () => { const timer = setInterval(look, 2); return () => clearInterval(timer); };
  /** The most that was added since the sample at index \`first\`. */
  const addedSince = (first) =>
    Math.max(...samples.slice(first).map((sample) => sample.rss)) - samples[first].rss;
  /** The first look after the event loop's longest stop, which is V8 building its graph. */
  const afterGraph = () => {
    const stops = samples.map((sample, i) => (i === 0 ? 0 : sample.at - samples[i - 1].at));
    return stops.indexOf(Math.max(...stops));
  };
`;

const CAPTURE_TO_FILE = (options) => `
  (async () => {
    const stop = watch();
    const { rawBytes, bytes, pauses, serializedOn } = await rsprof.heapSnapshot(${JSON.stringify(options)});
    stop();
    const added = addedSince(afterGraph());
    console.log(JSON.stringify({ heapUsed, added, samples: samples.length, rawBytes, serializedOn }));
  })();
`;

const measure = (objects, body) =>
  runForJson(MEASURE(objects) + body, {
    nodeArgs: ['--expose-gc', '--max-old-space-size=4096'],
    timeout: 300_000,
  });

for (const options of [{ compression: 'gzip' }, { compression: 'zstd', redact: 'strings' }]) {
  test(`memory of the pipe to a file is bounded whatever the heap's size: ${JSON.stringify(options)}`, async (t) => {
    const dir = tempDir(t);
    const small = await measure(SMALL, CAPTURE_TO_FILE({ dir, ...options }));
    const large = await measure(LARGE, CAPTURE_TO_FILE({ dir, ...options }));
    assert.ok(large.heapUsed > 150 * MB && large.heapUsed > 7 * small.heapUsed);
    assert.ok(large.rawBytes > 6 * small.rawBytes);
    for (const { added, rawBytes, serializedOn } of [small, large]) {
      assert.equal(serializedOn, 'thread');
      assert.ok(added < PIPE_LIMIT, `${added / MB} MB were added for ${rawBytes / MB} MB of JSON`);
    }
  });
}

/** Reads a stream slowly at first; the first look is at its first chunk, when the graph is built. */
const CAPTURE_TO_READER = ({ keep }) => `
  (async () => {
    const stream = rsprof.heapSnapshotStream();
    const kept = [];
    let bytes = 0;
    let chunks = 0;
    for await (const chunk of stream) {
      look();
      bytes += chunk.length;
      if (${keep}) kept.push(Buffer.from(chunk));
      if (++chunks % 64 === 0) global.gc();
      if (chunks < 200) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    look();
    console.log(JSON.stringify({ heapUsed, added: addedSince(0), bytes }));
  })();
`;

test("a slow reader of a stream holds V8's serialiser up: memory does not grow", async () => {
  const { added, bytes } = await measure(MEDIUM, CAPTURE_TO_READER({ keep: false }));
  assert.ok(bytes > 60 * MB, `${bytes / MB} MB were read`);
  assert.ok(added < STREAM_LIMIT, `${added / MB} MB were added for ${bytes / MB} MB`);
});

test('the measure sees a pipe that keeps what it passes on (so that the tests above can fail)', async () => {
  const { added, bytes } = await measure(MEDIUM, CAPTURE_TO_READER({ keep: true }));
  assert.ok(added > STREAM_LIMIT, `${added / MB} MB were seen of ${bytes / MB} MB kept`);
});

/** By how much RSS grows in each of twelve rounds of 25 profiles, after 150 to warm up. */
const PROFILES = (leak) => `
  const fs = require('node:fs');
  const rss = () => Number(fs.readFileSync('/proc/self/statm', 'utf8').split(' ')[1]) * 4096;
  const leaked = [];
  function plantedBusy(ms) { const end = performance.now() + ms; while (performance.now() < end); }
  const one = async (dir) => {
    const handle = rsprof.startCpuProfile({ dir, interval: 200, sidecar: false });
    plantedBusy(3);
    const { path } = await handle.stop();
    fs.unlinkSync(path);
    ${leak ? 'leaked.push(Buffer.alloc(256 * 1024, 1));' : ''}
  };
  (async () => {
    const dir = process.env.RSPROF_TEST_DIR;
    for (let i = 0; i < 150; i++) await one(dir);
    global.gc();
    const rounds = [];
    for (let round = 0, last = rss(); round < 12; round++) {
      for (let i = 0; i < 25; i++) await one(dir);
      global.gc();
      rounds.push(rss() - last);
      last += rounds.at(-1);
    }
    console.log(JSON.stringify(rounds));
  })();
`;

const profiles = (t, leak) =>
  runForJson(PROFILES(leak), {
    nodeArgs: ['--expose-gc', '--max-semi-space-size=2'],
    env: { RSPROF_TEST_DIR: tempDir(t) },
    timeout: 300_000,
  });

/** 40 kB a profile, less than any profile that were kept. */
const ROUND_LIMIT = 1 * MB;

/**
 * What a third of the rounds stays below: a leak grows in every one, while an allocator that takes a new
 * arena jumps once, by up to 8 MB, and V8 gives its heap back by megabytes.
 */
const lowerThird = (rounds) => [...rounds].sort((a, b) => a - b)[Math.floor(rounds.length / 3)];

test('300 CPU profiles in a row do not make the process grow', async (t) => {
  const rounds = await profiles(t, false);
  assert.equal(rounds.length, 12);
  assert.ok(lowerThird(rounds) < ROUND_LIMIT, `RSS grew by ${rounds} bytes in rounds of 25`);
});

test('the measure sees a leak of 256 kB a profile (so that the test above can fail)', async (t) => {
  const rounds = await profiles(t, true);
  assert.ok(lowerThird(rounds) > 3 * ROUND_LIMIT, `RSS grew by ${rounds} bytes in rounds of 25`);
});
