'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { makeStyle } = require('../../lib/cli/style.js');
const { blackboxText } = require('../../lib/cli/text/blackbox.js');
const { layoutOf, seal } = require('../../lib/watch/blackbox/format.js');
const { readBlackbox } = require('../../lib/watch/blackbox/reader.js');
const { summarize } = require('../../lib/watch/blackbox/summary.js');
const { LAST, SMALL, makeBlackbox, overwrite } = require('../support/blackbox.js');
const { DEATHS } = require('../support/deaths.js');
const { code, tempDir } = require('./support.js');

const inDir = (t) => path.join(tempDir(t), 'box.rsprof');

test('what is no black box is refused', async (t) => {
  const dir = tempDir(t);
  const make = (name, content) => {
    fs.writeFileSync(path.join(dir, name), content);
    return path.join(dir, name);
  };
  const refused = [
    [make('empty', ''), /it has 0 bytes only/],
    [make('short', 'x'.repeat(4095)), /it has 4095 bytes only/],
    [make('zeros', Buffer.alloc(9000)), /it was never begun/],
    [make('text', 'x'.repeat(9000)), /it has no header/],
    [make('json', `{"format":"other"}${' '.repeat(9000)}`), /is not rsprof-blackbox\/1 but other/],
    [make('null', `null${' '.repeat(9000)}`), /its format is not/],
    [dir, /it is not a regular file/],
    ['/dev/zero', /it is not a regular file/],
  ];
  const fifo = path.join(dir, 'fifo');
  if (spawnSync('mkfifo', [fifo]).status === 0) refused.push([fifo, /it is not a regular file/]);
  for (const [file, pattern] of refused) {
    await assert.rejects(
      readBlackbox(file),
      code('INVALID_BLACKBOX', ({ message }) => assert.match(message, pattern)),
    );
  }
  await assert.rejects(readBlackbox(path.join(dir, 'missing')), code('NOT_FOUND'));
});

/** Numbers from 0 to 1 that are the same in each run. */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}

const STYLE = makeStyle(true);

/** Everything that is done with a box: an RsprofError or an answer. */
async function useAll(file) {
  let box;
  try {
    box = await readBlackbox(file);
  } catch (error) {
    code('INVALID_BLACKBOX')(error);
    return false;
  }
  const rows = box.tiers.flatMap((_, tier) => [...box.rows(tier)]);
  assert.ok(rows.length <= 100_000 * 8);
  for (const alive of [true, null]) summarize(box, { now: LAST, alive });
  const summary = summarize(box, { now: LAST, alive: false });
  blackboxText({ box, summary, others: [], unread: 0 }, 10, { style: STYLE, columns: 80 });
  return true;
}

test('of a damaged file there is an answer or an RsprofError, never anything else', async (t) => {
  const file = makeBlackbox(inDir(t), { ...DEATHS.memory, seconds: 90, tiers: SMALL });
  const whole = fs.readFileSync(file);
  const random = randomOf(6);
  const at = (length) => Math.floor(random() * length);
  let answered = 0;
  for (let round = 0; round < 200; round++) {
    let bytes = Buffer.from(whole);
    const reach = round % 2 === 0 ? 1600 : bytes.length;
    for (let flips = at(8); flips >= 0; flips--) bytes[at(reach)] = at(256);
    if (round % 5 === 0) bytes = bytes.subarray(0, at(bytes.length));
    fs.writeFileSync(file, bytes);
    if (await useAll(file)) answered++;
  }
  assert.ok(answered > 40 && answered < 195, `${answered} answers`);
});

const HOSTILE = [
  null,
  -1,
  0,
  0.5,
  1,
  3,
  2 ** 31,
  2 ** 53,
  1e300,
  -1e300,
  '',
  'x',
  '__proto__',
  [],
  {},
  [[]],
  true,
  'x'.repeat(300),
  '\u001b[31m',
  Array(9).fill({ offset: 4096, slots: 100_000, slotBytes: 4, step: 1 }),
];

/** Each place of a value in `value`, as a path. */
function* placesOf(value, way = []) {
  if (way.length > 0) yield way;
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value).slice(0, 12)) yield* placesOf(value[key], [...way, key]);
}

test('whatever the header says, what is read stays bounded', async (t) => {
  const file = makeBlackbox(inDir(t), { ...DEATHS.memory, seconds: 5, tiers: SMALL });
  const whole = fs.readFileSync(file);
  const header = JSON.parse(whole.toString('latin1', 0, 4096));
  let answered = 0;
  for (const way of placesOf(header)) {
    for (const hostile of HOSTILE) {
      const changed = structuredClone(header);
      const parent = way.slice(0, -1).reduce((object, key) => object[key], changed);
      parent[way.at(-1)] = hostile;
      const text = JSON.stringify(changed);
      if (text.length > 4096) continue;
      fs.writeFileSync(file, text.padEnd(4096), { flag: 'r+' });
      if (await useAll(file)) answered++;
    }
  }
  assert.ok(answered > 100, `${answered} answers`);
});

test('slots that are too small for what they should hold are refused', async (t) => {
  const file = makeBlackbox(inDir(t), { seconds: 5, tiers: SMALL });
  const layout = layoutOf(SMALL);
  const slot = new DataView(new ArrayBuffer(12));
  seal(slot, 1);
  const offset = layout.bytes - 12;
  for (const part of ['events', 'end']) {
    const header = JSON.parse(fs.readFileSync(file).toString('latin1', 0, 4096));
    header.layout = { ...layout, [part]: { offset, slots: 1, slotBytes: 12 } };
    overwrite(file, 0, Buffer.from(JSON.stringify(header).padEnd(4096)));
    overwrite(file, offset, new Uint8Array(slot.buffer));
    await assert.rejects(readBlackbox(file), code('INVALID_BLACKBOX'));
  }
});
