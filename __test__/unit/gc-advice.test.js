'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');

const { advise } = require('../../lib/gc/advice.js');
const { flagMebibytes } = require('../../lib/gc/surroundings.js');
const { gcText } = require('../../lib/gc/text.js');
const { verdict } = require('../../lib/gc/verdict.js');
const { MIB, figuresOf, reason, record, times } = require('../support/gc.js');

const rules = (figures) => advise(figures).map(({ rule }) => rule);

/** Scavenges of a full semi-space of `semi` bytes. */
function scavenges(count, ms, { semi = 16 * MIB, survive = 3 * MIB, grow = 0 } = {}) {
  return times(count, (at) => {
    const old = 20 * MIB + at * grow;
    return record(
      'Scavenge',
      ms,
      { young: 0.95 * semi, old, semi },
      { young: survive, old: old + grow, semi },
    );
  });
}

function full(count, ms, old, external = MIB) {
  return times(count, (at) =>
    record(
      'MarkSweepCompact',
      ms,
      { young: 4 * MIB, old: old(at) + 10 * MIB, external },
      { old: old(at), external },
    ),
  );
}

test('a healthy process: no trouble, with its figures', () => {
  const figures = figuresOf([...scavenges(60, 2), ...full(2, 15, () => 30 * MIB)]);
  assert.deepEqual(advise(figures), []);
  const text = verdict(figures, []);
  assert.match(
    text,
    /^No trouble: 62 collections took 150 ms of 10\.0 s \(1\.5 %\), the longest 15\.0 ms/,
  );
});

test('nothing at all is no trouble either', () => {
  const figures = figuresOf([]);
  assert.deepEqual(advise(figures), []);
  assert.match(verdict(figures, []), /^No trouble: not a single collection in 10\.0 s/);
});

test('much time in few collections is not called no trouble', () => {
  const figures = figuresOf(full(3, 450, () => 30 * MIB));
  assert.deepEqual(advise(figures), []);
  assert.match(verdict(figures, []), /^Too few collections to tell: 3 collections took 1\.4 s/);
});

test("alinode's example: 988 scavenges of 180 s", () => {
  const figures = figuresOf(scavenges(988, 48.38), { durationMs: 180_000 });
  const advice = advise(figures);
  assert.deepEqual([advice.length, advice[0].rule], [1, 'semi-space']);
  assert.equal(advice[0].flag, '--max-semi-space-size=64');
  assert.equal(
    advice[0].text,
    '988 scavenges took 47.8 s of 180.0 s (26.6 %); each copied 3.0 MB (19.7 %) that was still needed, out ' +
      'of a semi-space of 16.0 MB: try --max-semi-space-size=64. It takes up to 144.0 MB more memory in each thread.',
  );
  assert.equal(verdict(figures, advice), advice[0].text);
});

test('semi-space: which flag, by how far it has grown', () => {
  const flagOf = (semi, limit, survive = semi / 4) => {
    const around = { semiSpaceLimitBytes: limit };
    return advise(figuresOf(scavenges(100, 10, { semi, survive }), { around }))[0]?.flag;
  };
  assert.equal(flagOf(16 * MIB, 16 * MIB), '--max-semi-space-size=64');
  assert.equal(flagOf(15.73 * MIB, 16 * MIB), '--max-semi-space-size=64');
  assert.equal(flagOf(32 * MIB, 32 * MIB), '--max-semi-space-size=128');
  assert.equal(flagOf(64 * MIB, 64 * MIB), '--max-semi-space-size=128');
  assert.equal(flagOf(MIB, 16 * MIB, 0), '--min-semi-space-size=16');
  assert.equal(flagOf(16 * MIB, 64 * MIB), '--min-semi-space-size=64');
  const both = '--max-semi-space-size=32 --min-semi-space-size=32';
  assert.equal(flagOf(8 * MIB, 16 * MIB), both);
  assert.equal(flagOf(8 * MIB, null), both);
  assert.equal(flagOf(128 * MIB, 128 * MIB), null);
});

test('semi-space: not when scavenges are few, cheap, early, or of what stays', () => {
  assert.ok(!rules(figuresOf(scavenges(100, 4.9))).includes('semi-space'));
  assert.ok(rules(figuresOf(scavenges(100, 5.1))).includes('semi-space'));
  assert.ok(!rules(figuresOf(scavenges(19, 50))).includes('semi-space'));
  const early = times(100, () => record('Scavenge', 10, { young: MIB }, {}));
  assert.ok(!rules(figuresOf(early)).includes('semi-space'));
  const loading = scavenges(100, 10, { survive: 3 * MIB, grow: 3 * MIB });
  assert.ok(!rules(figuresOf(loading)).includes('semi-space'));
});

test('semi-space: no more than a quarter of the memory that is left', () => {
  const flagWith = (left) => {
    const around = { memoryBytes: (200 + left) * MIB, rssBytes: 200 * MIB };
    return advise(figuresOf(scavenges(100, 11), { around }))[0].flag;
  };
  assert.equal(flagWith(580), '--max-semi-space-size=64');
  assert.equal(flagWith(570), '--max-semi-space-size=32');
  assert.equal(flagWith(100), null);
});

test('leak: the floor rises, to the end', () => {
  const rising = figuresOf(
    full(20, 5, (at) => (30 + at) * MIB),
    { durationMs: 60_000 },
  );
  const [advice] = advise(rising);
  assert.equal(advice.rule, 'leak');
  assert.match(
    advice.text,
    /rose from 30\.0 MB to 49\.0 MB in 60\.0 s \(19\.9 MB a minute; .* 4\.0 GB/,
  );
  assert.match(advice.text, /rsprof\.heapSnapshot\(\).*rsprof\.diff\(/);
  const filling = full(20, 5, (at) => (30 + Math.min(at, 8) * 2) * MIB);
  assert.deepEqual(rules(figuresOf(filling)), []);
  const noisy = full(20, 5, (at) => (30 + ((at * 7) % 20)) * MIB);
  assert.deepEqual(rules(figuresOf(noisy)), []);
  const jumps = [30, 70, 20, 60, 25, 90, 22, 64, 30, 95];
  assert.deepEqual(rules(figuresOf(full(10, 5, (at) => jumps[at] * MIB))), []);
  const small = full(20, 5, (at) => (300 + at) * MIB);
  assert.deepEqual(rules(figuresOf(small)), []);
  assert.deepEqual(rules(figuresOf(full(4, 5, (at) => (30 + at * 5) * MIB))), []);
});

test('old-space: near the limit, without a leak', () => {
  const near = (around) =>
    advise(
      figuresOf(
        full(30, 20, () => 400 * MIB),
        { around: { oldSpaceLimitBytes: 512 * MIB, ...around } },
      ),
    )[0];
  assert.equal(near({}).rule, 'old-space');
  assert.equal(near({}).flag, '--max-old-space-size=832');
  assert.match(near({}).text, /left 400\.0 MB, 78\.1 % of the limit of 512\.0 MB/);
  assert.equal(near({ memoryBytes: 1024 * MIB }).flag, '--max-old-space-size=768');
  const full512 = near({ memoryBytes: 600 * MIB });
  assert.equal(full512.flag, null);
  assert.match(full512.text, /memory of 600\.0 MB does not allow a higher limit/);
  assert.equal(near({ oldSpaceLimitBytes: 1024 * MIB }), undefined);
  const calm = (limit) =>
    rules(
      figuresOf(
        full(3, 20, () => 400 * MIB),
        { around: { oldSpaceLimitBytes: limit * MIB } },
      ),
    );
  assert.deepEqual(calm(512), []);
  assert.deepEqual(calm(460), ['old-space']);
});

test('forced: three calls of gc(), not two', () => {
  const figures = (count) =>
    figuresOf(
      full(count, 20, () => 30 * MIB),
      { reasons: times(count, () => reason(4, 20)) },
    );
  assert.deepEqual(rules(figures(2)), []);
  const [advice] = advise(figures(3));
  assert.equal(advice.rule, 'forced');
  assert.match(
    advice.text,
    /^3 full collections were asked for .* took 60 ms of 10\.0 s \(0\.6 %\)/,
  );
});

test('external: full collections because of Buffers', () => {
  const figures = (count, ms) =>
    figuresOf(
      full(count, ms, () => 30 * MIB, 300 * MIB),
      { reasons: times(count, () => reason(40, ms)) },
    );
  assert.deepEqual(rules(figures(4, 60)), []);
  assert.deepEqual(rules(figures(10, 15)), []);
  const [advice] = advise(figures(10, 25));
  assert.equal(advice.rule, 'external');
  assert.match(
    advice.text,
    /took 250 ms of 10\.0 s \(2\.5 %\) because of memory .* up to 300\.0 MB/,
  );
});

test('long-pause: half a second, unless it was asked for', () => {
  const pauses = (ms, reasons = []) =>
    rules(
      figuresOf(
        full(1, ms, () => 900 * MIB),
        { reasons },
      ),
    );
  assert.deepEqual(pauses(499), []);
  assert.deepEqual(pauses(500), ['long-pause']);
  const asked = times(3, () => reason(4, 600));
  assert.deepEqual(pauses(600, asked), ['forced']);
});

test('allocation: much time that no other rule explains', () => {
  const figures = figuresOf(scavenges(100, 12, { semi: 128 * MIB }));
  const [advice] = advise(figures);
  assert.equal(advice.rule, 'allocation');
  assert.match(advice.text, /^100 collections took 1\.2 s of 10\.0 s \(12\.0 %\)/);
  assert.match(advice.text, /rsprof\.heapProfile\(/);
});

test('several pieces of advice: the most urgent first, and the verdict counts the rest', () => {
  const records = [...scavenges(100, 10), ...full(20, 25, (at) => (30 + at * 3) * MIB)];
  const figures = figuresOf(records, { reasons: times(20, () => reason(4, 25)) });
  const advice = advise(figures);
  assert.deepEqual(
    advice.map(({ rule }) => rule),
    ['leak', 'semi-space', 'forced'],
  );
  assert.ok(verdict(figures, advice).endsWith('And 2 more pieces of advice.'));
  assert.ok(verdict(figures, advice.slice(0, 2)).endsWith('And 1 more advice.'));
});

test('flags are found however they are spelled; the last one counts', () => {
  const read = (...words) => flagMebibytes('max-semi-space-size', words);
  assert.equal(read('--max-semi-space-size=64'), 64);
  assert.equal(read('--max_semi_space_size=32', '--inspect'), 32);
  assert.equal(read('--max-semi-space-size', '8'), 8);
  assert.equal(read('--max-semi-space-size=8', '--max-semi-space-size=16'), 16);
  assert.equal(read('--max-old-space-size=64', '-e', 'x --max-semi-space-size=64'), null);
});

test('as text: the verdict, the collections, the spaces', () => {
  const figures = figuresOf([...scavenges(100, 10), ...full(6, 25, () => 30 * MIB)]);
  const advice = advise(figures);
  const text = gcText({ verdict: verdict(figures, advice), advice, ...figures });
  const lines = text.split('\n');
  assert.match(lines[0], /^100 scavenges took 1\.0 s of 10\.0 s/);
  assert.match(text, /^collections +count +ms +share +p50 +p95 +p99 +max +freed +trend$/m);
  assert.match(text, /^scavenge +100 +1000\.0 +10\.0 %/m);
  assert.match(text, /^old_space +20\.0 MB +30\.0 MB +\+10\.0 MB/m);
  assert.match(text, /^left by full collections: 30\.0 MB → 30\.0 MB \(0 B\/min\)$/m);
  assert.ok(lines.every((line) => line === line.trimEnd()));
});
