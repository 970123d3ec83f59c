'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { identity } = require('../../lib/process-identity.js');
const { Ledger, MAX_ENTRIES } = require('../../lib/watch/ledger.js');
const { tempDir } = require('./support.js');
const {
  DAY,
  HOUR,
  START,
  captures,
  ledgerFile,
  makeWorld,
  putCapture,
  readLedger,
} = require('./watch-support.js');

const entry = (at, more) => ({ id: String(at), rule: 'heap', at, endedAt: at, ...more });

/** Writes a ledger as somebody might. */
function put(dir, value) {
  fs.writeFileSync(ledgerFile(dir), typeof value === 'string' ? value : JSON.stringify(value));
}

const document = (entries, more) => ({ format: 'rsprof-ledger/1', entries, ...more });

test('is written whole, for its owner only, and read again', async (t) => {
  const dir = tempDir(t);
  const ledger = await Ledger.read(dir, START);
  ledger.add(entry(START, { files: [{ name: 'a.heapsnapshot', kind: 'heapSnapshot', bytes: 7 }] }));
  await ledger.write();
  assert.equal(fs.statSync(ledgerFile(dir)).mode & 0o777, 0o600);
  assert.deepEqual(fs.readdirSync(dir), ['rsprof-ledger.json']);
  const again = await Ledger.read(dir, START);
  assert.deepEqual(again.entries, ledger.entries);
  assert.equal(again.makerOf('a.heapsnapshot').id, String(START));
  assert.deepEqual([again.problem, again.isRepaired], [null, false]);
});

test('remembers the newest firings only, in a file of bounded size', async (t) => {
  const dir = tempDir(t);
  const ledger = await Ledger.read(dir, START);
  const long = { name: 'x'.repeat(250), kind: 'heapSnapshot', bytes: 1 };
  for (let n = 0; n < MAX_ENTRIES + 50; n++)
    ledger.add(entry(START + n, { files: Array(40).fill(long), error: 'e'.repeat(1000) }));
  await ledger.write();
  assert.ok(fs.statSync(ledgerFile(dir)).size <= 1 << 20);
  const { entries, problem } = await Ledger.read(dir, START + HOUR);
  assert.equal(problem, null);
  assert.ok(entries.length > 0 && entries.length <= MAX_ENTRIES);
  assert.equal(entries.at(-1).at, START + MAX_ENTRIES + 49);
});

const DAMAGED = {
  'half of one': '{"format":"rsprof-ledger/1","entries":[{"rul',
  nothing: '',
  'another format': '{"format":"package","entries":[]}',
  'no object': '7',
  null: 'null',
  'one of two megabytes': JSON.stringify(document([])) + ' '.repeat(2 << 20),
};

for (const [name, text] of Object.entries(DAMAGED)) {
  test(`a damaged one is set aside, and told: ${name}`, async (t) => {
    const world = makeWorld(t);
    put(world.dir, text);
    const { lease } = await world.limits.admit({ rule: 'heap', now: world.now });
    await lease.end();
    assert.equal(readLedger(world.dir).entries.length, 1);
    const aside = fs.readFileSync(path.join(world.dir, 'rsprof-ledger.damaged.json'), 'utf8');
    assert.equal(aside, text);
    assert.equal(world.reports.length, 1);
    assert.match(
      world.reports[0],
      /ledger of rules was set aside, and counting begins anew: .*rsprof-ledger\.json/,
    );
  });
}

test('what is no file is moved, not followed', async (t) => {
  const makers = {
    link: (file, other) => fs.symlinkSync(other, file),
    folder: (file) => fs.mkdirSync(file),
    pipe: (file) => assert.equal(spawnSync('mkfifo', [file]).status, 0),
  };
  for (const [name, make] of Object.entries(makers)) {
    const world = makeWorld(t);
    const other = path.join(world.tmpDir, 'precious');
    fs.writeFileSync(other, 'precious');
    make(ledgerFile(world.dir), other);
    const { lease, skipped } = await world.limits.admit({ rule: 'heap', now: world.now });
    assert.equal(skipped, undefined, `${name}: ${skipped?.reason}`);
    await lease.end();
    assert.equal(readLedger(world.dir).entries.length, 1);
    assert.equal(fs.readFileSync(other, 'utf8'), 'precious');
  }
});

test('of hostile entries only what can be is kept', async (t) => {
  const dir = tempDir(t);
  const names = [
    '../up',
    '/etc/passwd',
    'a/b',
    'a\\b',
    'nul\0',
    '.',
    '..',
    '',
    'x'.repeat(256),
    7,
    null,
  ];
  put(
    dir,
    document([
      null,
      7,
      [],
      'text',
      { rule: 'heap' },
      { at: START },
      { rule: 'heap', at: 'now' },
      entry(START, {
        files: [...names.map((name) => ({ name })), { name: 'good', bytes: -1 }, null],
        heapUsed: 'much',
        __proto__: { polluted: true },
      }),
    ]).valueOf(),
  );
  const { entries } = await Ledger.read(dir, START);
  assert.equal(entries.length, 1);
  assert.deepEqual(entries[0].files, [{ name: 'good', kind: 'other', bytes: 0 }]);
  assert.equal(entries[0].heapUsed, 0);
});

test('times to come count as now, once', async (t) => {
  const world = makeWorld(t);
  put(world.dir, document([entry(START + 400 * DAY)]));
  const first = await world.limits.admit({ rule: 'heap', now: world.now });
  assert.equal(first.skipped.until, START + HOUR);
  assert.match(world.reports[0], /told of times to come/);
  world.now += HOUR;
  const second = await world.limits.admit({ rule: 'heap', now: world.now });
  assert.ok(second.lease, 'not put off again and again');
  await second.lease.end();
});

test('what a ledger says deletes nothing but captures', async (t) => {
  const world = makeWorld(t, { limits: { keep: 1, cooldown: 0, quota: 5000 } });
  const outside = path.join(world.tmpDir, 'outside.heapsnapshot');
  fs.writeFileSync(outside, 'x'.repeat(5000));
  const folder = path.basename(world.tmpDir);
  const victims = [
    'server.js',
    'package.json',
    'data.db',
    '.env',
    'my.json',
    'capture.heapsnapshot',
  ];
  for (const name of victims) fs.writeFileSync(path.join(world.dir, name), 'x'.repeat(1000));
  const byHand = putCapture(world.dir, { at: START - DAY, bytes: 100, reason: 'looked at it' });
  const inFolder = path.join(world.dir, '20240101T000000.000Z-1-0-0001.heapsnapshot');
  fs.mkdirSync(inFolder);
  fs.writeFileSync(path.join(inFolder, 'kept'), '');
  const link = '20240101T000000.000Z-1-0-0002.heapsnapshot';
  fs.symlinkSync(outside, path.join(world.dir, link));
  const files = [
    ...victims,
    byHand,
    `${byHand}.json`,
    path.basename(inFolder),
    link,
    `../${folder}/outside.heapsnapshot`,
    outside,
    'outside.heapsnapshot\0.gz',
  ].map((name) => ({ name, kind: 'heapSnapshot', bytes: 1 }));
  put(world.dir, document([entry(START - DAY, { files })]));
  const before = fs.readdirSync(world.dir).filter((name) => !name.startsWith('rsprof'));
  for (let n = 0; n < 3; n++) {
    const { lease } = await world.limits.admit({ rule: 'heap', now: world.now, kinds: [] });
    await lease?.end();
    world.now += 1000;
  }
  const after = fs.readdirSync(world.dir).filter((name) => !name.startsWith('rsprof'));
  assert.deepEqual(after, before);
  assert.deepEqual(fs.readdirSync(inFolder), ['kept']);
  assert.equal(fs.statSync(outside).size, 5000);
});

test('a hostile sidecar beside a file that is no capture deletes nothing', async (t) => {
  const world = makeWorld(t, { limits: { keep: 1, cooldown: 0 } });
  const reason = 'rule heap: now';
  for (const name of ['server.js', 'data.db']) putCapture(world.dir, { name, reason });
  const kept = putCapture(world.dir, { at: START - DAY, reason });
  const sidecar = path.join(world.dir, `${kept}.json`);
  const text = fs.readFileSync(sidecar, 'utf8');
  fs.writeFileSync(sidecar, text.replace(kept, 'another.heapsnapshot'));
  for (let n = 0; n < 3; n++) putCapture(world.dir, { at: START + n, reason });
  const { lease } = await world.limits.admit({ rule: 'heap', now: world.now });
  await lease.end();
  const names = fs.readdirSync(world.dir);
  assert.ok(names.includes('server.js') && names.includes('data.db'));
  assert.deepEqual(
    captures(world.dir).length,
    2,
    'the newest, and one whose sidecar is of another',
  );
});

test('baselines of the living protect, those of the dead do not', async (t) => {
  const dir = tempDir(t);
  const { hostTag } = identity();
  const ledger = await Ledger.read(dir, START);
  ledger.setBaselines(['mine.heapsnapshot', '../x', 'mine2.heapsnapshot'], START);
  await ledger.write();
  const written = readLedger(dir);
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  written.baselines.push(
    { writer: `${hostTag}-${gone}-1-0`, at: START, files: ['dead'] },
    { writer: '00000000-1-1-0', at: START, files: ['far'] },
    { writer: 'nonsense', at: START, files: ['odd'] },
    { writer: 7, at: START, files: ['odd'] },
    null,
  );
  put(dir, written);
  const again = await Ledger.read(dir, START);
  const own = ['mine.heapsnapshot', 'mine2.heapsnapshot'];
  assert.deepEqual(again.baselines(START), [...own, 'far']);
  assert.deepEqual(again.baselines(START + 8 * DAY), own);
  again.setBaselines([], START + 8 * DAY);
  assert.deepEqual(again.baselines(START + 8 * DAY), []);
});

test('what cannot be written leaves the old one', async (t) => {
  const dir = tempDir(t);
  const ledger = await Ledger.read(dir, START);
  ledger.add(entry(START));
  await ledger.write();
  const rival = await Ledger.read(dir, START);
  rival.add(entry(START + 1));
  const { rename } = fs.promises;
  t.after(() => {
    fs.promises.rename = rename;
  });
  fs.promises.rename = async () => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
  await assert.rejects(rival.write(), {
    code: 'ERR_RSPROF_DISK_FULL',
    message: /write the ledger/,
  });
  assert.deepEqual(fs.readdirSync(dir), ['rsprof-ledger.json']);
  assert.equal(readLedger(dir).entries.length, 1);
});

test('what people take by the profiler does not have the rules’ firings forgotten', async (t) => {
  const ledger = await Ledger.read(tempDir(t), START);
  for (let n = 0; n < 5; n++) ledger.add(entry(START + n));
  for (let n = 0; n < MAX_ENTRIES * 2; n++)
    ledger.add(entry(START + HOUR + n, { rule: 'profiler' }));
  const ofRules = ledger.entries.filter(({ rule }) => rule === 'heap');
  assert.equal(ofRules.length, 5);
  assert.equal(ledger.entries.length, 65);
  assert.equal(ledger.entries.at(-1).at, START + HOUR + MAX_ENTRIES * 2 - 1);
});
