'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const test = require('node:test');
const { History, TIERS } = require('../../lib/watch/history.js');
const { INDEX, METRICS, WIDTH } = require('../../lib/watch/metrics.js');

const START = Date.UTC(2025, 0, 1);
const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

/** One metric of each way to keep. */
const OF = {
  mean: INDEX.heapUsed,
  max: INDEX.gcPause,
  sum: INDEX.markSweeps,
  last: INDEX.heapLimit,
};

function rowAt(time, values = {}) {
  const row = new Float64Array(WIDTH).fill(Number.NaN);
  row[INDEX.time] = time;
  for (const [name, value] of Object.entries(values)) row[INDEX[name]] = value;
  return row;
}

/** A history with a reading each second, of `count` seconds, the last one at START. */
function regular(count, values, how) {
  const history = new History(how);
  for (let at = 1 - count; at <= 0; at++) history.add(rowAt(START + at * SECOND, values(at)));
  return history;
}

test('the default is ten minutes by the second and a day by the minute', () => {
  assert.deepEqual(TIERS, [
    { step: SECOND, slots: 600 },
    { step: MINUTE, slots: 1440 },
  ]);
  assert.deepEqual(new History().tiers, TIERS);
});

test('nothing is known before the first reading', () => {
  const history = new History();
  assert.ok(history.latest.every(Number.isNaN));
  for (const what of ['mean', 'min', 'max', 'sum', 'slope']) {
    for (const windowMs of [0, MINUTE, HOUR, Infinity]) {
      assert.equal(history[what](OF.mean, windowMs), Number.NaN, `${what} of ${windowMs}`);
    }
  }
  assert.equal(history.coverage(HOUR), 0);
});

test('a row is copied', () => {
  const history = new History();
  const row = rowAt(START, { heapUsed: 5 });
  history.add(row);
  row.fill(7);
  assert.equal(history.value(INDEX.heapUsed), 5);
  assert.equal(history.latest[INDEX.time], START);
  assert.equal(history.mean(INDEX.heapUsed, MINUTE), 5);
});

test('a window is what was read after its start', () => {
  const history = regular(100, (at) => ({ heapUsed: at, markSweeps: 2 }));
  assert.equal(history.mean(OF.mean, 10 * SECOND), -4.5);
  assert.equal(history.min(OF.mean, 10 * SECOND), -9);
  assert.equal(history.max(OF.mean, 10 * SECOND), 0);
  assert.equal(history.sum(OF.sum, 10 * SECOND), 20);
  assert.equal(history.coverage(10 * SECOND), 10 * SECOND);
  assert.equal(history.coverage(HOUR), 99 * SECOND, 'the first reading tells of no time before it');
});

test('a slope is in units per ms, near a large value as well', () => {
  const history = regular(3 * 3600, (at) => ({ heapUsed: 4e9 + 1000 * at }));
  for (const windowMs of [30 * SECOND, 10 * MINUTE, HOUR, 2 * HOUR]) {
    const slope = history.slope(OF.mean, windowMs);
    assert.ok(Math.abs(slope - 1) < 1e-6, `${windowMs}: ${slope}`);
  }
  assert.equal(regular(1, () => ({ heapUsed: 1 })).slope(OF.mean, HOUR), Number.NaN);
});

test('long windows are the minutes and the seconds of the running one', () => {
  const history = regular(7230, (at) => ({ heapUsed: at, markSweeps: 1, gcPause: -at }));
  assert.equal(history.sum(OF.sum, 2 * HOUR), 7201, 'of the first minute, too, which began before');
  assert.equal(history.coverage(2 * HOUR), 2 * HOUR);
  assert.equal(history.max(OF.max, 2 * HOUR), 7200);
  assert.equal(history.mean(OF.mean, 2 * HOUR), -3600);
  assert.equal(history.mean(OF.sum, 2 * HOUR), 1, 'of a reading, not of a minute');
  assert.equal(history.max(OF.sum, 2 * HOUR), 1);
});

test('a clock that is set back is one step; a machine that slept is a gap', () => {
  const history = new History();
  const add = (time) => history.add(rowAt(time, { heapUsed: 1 }));
  for (let at = 0; at < 60; at++) add(START + at * SECOND);
  for (let at = 0; at < 60; at++) add(START - 3 * HOUR + at * SECOND);
  assert.equal(history.coverage(HOUR), 119 * SECOND);
  assert.equal(history.value(INDEX.time), START - 3 * HOUR + 59 * SECOND);
  for (let at = 0; at < 60; at++) add(START + at * SECOND);
  assert.equal(history.coverage(MINUTE), 59 * SECOND + SECOND);
  assert.equal(history.coverage(2 * MINUTE), 69 * SECOND, 'ten steps of the gap, no more');
  assert.equal(history.coverage(4 * HOUR), (119 + 10 + 59) * SECOND);
  assert.equal(history.mean(OF.mean, 4 * HOUR), 1);
});

test('tiers that cannot feed each other are refused', () => {
  const refused = [
    [{ step: 0, slots: 1 }],
    [{ step: 1, slots: 0.5 }],
    [
      { step: 1000, slots: 30 },
      { step: 60_000, slots: 10 },
    ],
    [
      { step: 1000, slots: 30 },
      { step: 1000, slots: 10 },
    ],
  ];
  for (const tiers of refused) assert.throws(() => new History({ tiers }), RangeError);
});

/** The same by lists, filters and sums: slow, and easy to believe. */
class Naive {
  constructor(tiers) {
    this.tiers = tiers.map((tier) => ({ ...tier, all: [], pending: [] }));
  }

  add(row) {
    const [finest] = this.tiers;
    const last = finest.all.at(-1);
    const passed = Number.isFinite(row[0]) ? row[0] - (last?.row[0] ?? Number.NaN) : Number.NaN;
    const first = Number.isFinite(row[0]) ? row[0] : 0;
    const isSane = passed >= 0 && passed < Infinity;
    const at = last ? last.at + (isSane ? passed : finest.step) : first;
    this.tiers.slice(1).forEach((tier, index) => {
      const finer = this.tiers[index];
      const newest = finer.pending.at(-1);
      if (!newest) return;
      const isOver = Math.floor(at / tier.step) > Math.floor(newest.at / tier.step);
      if (isOver || finer.pending.length >= finer.slots) this.#push(index + 1, join(finer));
    });
    const covered = last ? Math.min(at - last.at, 10 * finest.step) : 0;
    this.#push(0, { at, centre: at, covered, readings: 1, row: [...row] });
  }

  #push(index, entry) {
    this.tiers[index].all.push(entry);
    this.tiers[index].pending.push(entry);
  }

  window(windowMs) {
    const found = this.tiers.findIndex(({ step, slots }) => step * slots >= windowMs);
    const top = found < 0 ? this.tiers.length - 1 : found;
    const { all, slots } = this.tiers[top];
    const finer = this.tiers.slice(0, top).flatMap(({ pending }) => pending);
    const now = this.tiers[0].all.at(-1).at;
    const kept = [...all.slice(-slots), ...finer].filter(({ at }) => at > now - windowMs);
    return { now, kept };
  }

  answers(index, windowMs) {
    const { now, kept } = this.window(windowMs);
    const isSum = METRICS[index].keep === 'sum';
    const points = kept
      .map(({ at, centre, readings, row }) => ({
        x: (METRICS[index].keep === 'last' ? at : centre) - now,
        y: isSum ? row[index] / readings : row[index],
        readings,
      }))
      .filter(({ y }) => !Number.isNaN(y));
    const weight = add(points.map(({ readings }) => readings));
    const total = add(points.map(({ y, readings }) => y * readings));
    const x = add(points.map((point) => point.x * point.readings)) / weight;
    const above = add(points.map((p) => p.readings * (p.x - x) * (p.y - total / weight)));
    const below = add(points.map((p) => p.readings * (p.x - x) ** 2));
    const some = (value) => (points.length > 0 ? value : Number.NaN);
    return {
      mean: total / weight,
      sum: some(total),
      min: some(Math.min(...points.map(({ y }) => y))),
      max: some(Math.max(...points.map(({ y }) => y))),
      slope: below > 0 ? above / below : Number.NaN,
      coverage: add(kept.map(({ at, covered }) => Math.min(covered, at - now + windowMs))),
    };
  }
}

const add = (values) => values.reduce((sum, value) => sum + value, 0);

function join(finer) {
  const entries = finer.pending;
  finer.pending = [];
  const row = METRICS.map(({ keep }, index) => {
    const known = entries.filter((entry) => !Number.isNaN(entry.row[index]));
    const values = known.map((entry) => entry.row[index]);
    if (values.length === 0) return Number.NaN;
    if (keep === 'last') return values.at(-1);
    if (keep === 'max') return Math.max(...values);
    if (keep === 'sum') return add(values);
    return (
      add(known.map((entry) => entry.row[index] * entry.readings)) /
      add(known.map(({ readings }) => readings))
    );
  });
  const end = entries.at(-1).at;
  return {
    at: end,
    centre:
      end +
      add(entries.map(({ centre, readings }) => (centre - end) * readings)) /
        add(entries.map(({ readings }) => readings)),
    covered: add(entries.map(({ covered }) => covered)),
    readings: add(entries.map(({ readings }) => readings)),
    row,
  };
}

/** Numbers from 0 to 1 that are the same in each run. */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/** How the clock goes on: mostly a step that is a little late, now and then anything. */
function nextTime(time, step, random) {
  const dice = random();
  if (dice < 0.9) return time + step + random() * 20;
  const odd = [0, -1, -3 * HOUR, 3 * HOUR, 25 * step, 90 * step, -step / 2, Number.NaN, Infinity];
  return time + odd[Math.floor(random() * odd.length)];
}

function near(found, expected, what) {
  if (Number.isNaN(expected)) assert.equal(found, Number.NaN, what);
  else {
    const error = Math.abs(found - expected);
    assert.ok(
      error <= 1e-9 * Math.max(1, Math.abs(expected)),
      `${what}: ${found}, not ${expected}`,
    );
  }
}

/** Tiers, and how fast readings come in truth. */
const SHAPES = [
  { tiers: [{ step: 1000, slots: 7 }], pace: 1000 },
  {
    tiers: [
      { step: 1000, slots: 65 },
      { step: 60_000, slots: 9 },
    ],
    pace: 700,
  },
  {
    tiers: [
      { step: 250, slots: 20 },
      { step: 3000, slots: 8 },
      { step: 12_000, slots: 30 },
    ],
    pace: 260,
  },
];

test('it answers as lists would, whatever the clock does', () => {
  SHAPES.forEach(({ tiers, pace }, shape) => {
    const random = randomOf(shape + 1);
    const [history, naive] = [new History({ tiers }), new Naive(tiers)];
    const windows = tiers.flatMap(({ step, slots }) => [step, 2.5 * step, step * slots]);
    let time = START;
    for (let count = 0; count < 900; count++) {
      const next = nextTime(time, pace, random);
      if (Number.isFinite(next)) time = next;
      const row = rowAt(next);
      for (const index of Object.values(OF)) {
        row[index] = random() < 0.1 ? Number.NaN : Math.round(1000 * random());
      }
      history.add(row);
      naive.add(row);
      if (count % 9 > 0) continue;
      for (const windowMs of [...windows, Infinity]) {
        for (const [keep, index] of Object.entries(OF)) {
          const expected = naive.answers(index, windowMs);
          for (const [what, value] of Object.entries(expected)) {
            const found = history[what](...(what === 'coverage' ? [windowMs] : [index, windowMs]));
            near(
              found,
              value,
              `${what} of ${keep} in ${windowMs} ms after ${count} rows of ${shape}`,
            );
          }
        }
      }
    }
  });
});

/** The rows of a window by lists: those of the tier that answers, and what finer ones have more. */
function naiveRows(naive, windowMs) {
  const { now } = naive.window(windowMs);
  const found = naive.tiers.findIndex(({ step, slots }) => step * slots >= windowMs);
  const top = found < 0 ? naive.tiers.length - 1 : found;
  const { all, slots } = naive.tiers[top];
  const kept = all.slice(-slots).filter(({ at }) => at > now - windowMs);
  const pending = naive.tiers
    .slice(0, top)
    .reverse()
    .filter((tier) => tier.pending.length > 0)
    .map((tier) => join({ pending: tier.pending }));
  return { now, entries: [...kept, ...pending] };
}

test('rows are those of the window, whatever the clock does', () => {
  SHAPES.forEach(({ tiers, pace }, shape) => {
    const random = randomOf(shape + 7);
    const [history, naive] = [new History({ tiers }), new Naive(tiers)];
    const windows = tiers.flatMap(({ step, slots }) => [step, 2.5 * step, step * slots]);
    let time = START;
    for (let count = 0; count < 600; count++) {
      const next = nextTime(time, pace, random);
      if (Number.isFinite(next)) time = next;
      const row = rowAt(time, { heapUsed: random() < 0.1 ? Number.NaN : count, markSweeps: 1 });
      history.add(row);
      naive.add(row);
      if (count % 7 > 0) continue;
      for (const windowMs of [...windows, Infinity]) {
        const { step, times, rows } = history.rows(windowMs);
        const { now, entries } = naiveRows(naive, windowMs);
        const what = `${windowMs} ms after ${count} rows of ${shape}`;
        assert.equal(rows.length, entries.length, what);
        assert.equal(times.length, rows.length);
        assert.ok(tiers.some((tier) => tier.step === step));
        entries.forEach((entry, at) => {
          near(times[at], time - (now - entry.at), `time ${at} of ${what}`);
          for (const index of Object.values(OF)) near(rows[at][index], entry.row[index], what);
          assert.ok(at === 0 || times[at] >= times[at - 1], 'they never go back');
        });
      }
    }
  });
});

test('rows are copies, and asking for them changes nothing', () => {
  const history = regular(3700, (at) => ({ heapUsed: at, markSweeps: 1 }));
  const before = history.rows(2 * HOUR);
  assert.equal(before.step, MINUTE);
  assert.equal(before.rows.at(-1)[INDEX.markSweeps], 1, 'START begins a minute');
  for (const row of before.rows) row.fill(0);
  const after = history.rows(2 * HOUR);
  assert.equal(after.rows.at(-1)[INDEX.heapUsed], 0);
  assert.equal(after.rows.at(-2)[INDEX.heapUsed], -30.5);
  assert.equal(history.sum(OF.sum, 2 * HOUR), 3700);
  assert.deepEqual(new History().rows(HOUR).rows, []);
});

test('totals are the sums since the first row, of what adds up', () => {
  const history = regular(10_000, () => ({ heapUsed: 5, markSweeps: 2, scavengeTime: 0.5 }));
  history.add(rowAt(START + SECOND, { scavengeTime: 1 }));
  assert.equal(history.totals[INDEX.markSweeps], 20_000);
  assert.equal(history.totals[INDEX.scavengeTime], 5001);
  assert.equal(history.totals[INDEX.heapUsed], Number.NaN);
});

test('neither a reading nor a question allocates but the number it gives', () => {
  const script = `
    const { History } = require(${JSON.stringify(require.resolve('../../lib/watch/history.js'))});
    const history = new History();
    const row = new Float64Array(${WIDTH}).fill(0.5);
    const calls = {
      add() { row[0] += 1000; history.add(row); },
      value: () => history.value(9),
      coverage: () => history.coverage(7.2e6),
    };
    for (const what of ['mean', 'min', 'max', 'sum', 'slope']) {
      calls[what] = () => history[what](9, 6e5);
      calls[what + ' of a day'] = () => history[what](9, 864e5);
    }
    const used = () => process.memoryUsage().heapUsed;
    const measure = (call, count) => {
      global.gc();
      const before = used();
      for (let done = 0; done < count; done++) call();
      return (used() - before) / count;
    };
    for (let done = 0; done < 20000; done++) calls.add();
    const least = {};
    for (let round = 0; round < 4; round++) {
      for (const [name, call] of Object.entries(calls)) {
        least[name] = Math.min(least[name] ?? Infinity, measure(call, name === 'add' ? 6000 : 1000));
      }
    }
    console.log(JSON.stringify(least));`;
  const nodeArgs = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const { stdout, stderr } = spawnSync(process.execPath, [...nodeArgs, '-e', script], {
    encoding: 'utf8',
  });
  // A number that is no small integer is an object of 16 bytes, and V8 counts in steps of 256 kB. One such
  // object for each of the rows would be 9,600 bytes.
  for (const [name, bytes] of Object.entries(JSON.parse(stdout || stderr))) {
    assert.ok(bytes < 320, `${name}: ${bytes} bytes a call`);
  }
});
