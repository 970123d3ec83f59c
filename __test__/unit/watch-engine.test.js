'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { Engine } = require('../../lib/watch/engine.js');
const { History } = require('../../lib/watch/history.js');
const { readLimits } = require('../../lib/watch/limits.js');
const { INDEX, WIDTH } = require('../../lib/watch/metrics.js');
const { Rehearsal } = require('../../lib/watch/rehearsal.js');
const { readRules } = require('../../lib/watch/rules.js');

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);

const noLeak = { verdicts: { heap: null, external: null }, judge() {} };

/** An engine over made-up readings: `step` feeds one, `fired` is what came of it. */
function simulate(given, { limits = {}, step = MINUTE, leak = noLeak } = {}) {
  const settled = readLimits(limits);
  const rules = readRules(given, 'rules', { limits: settled });
  const history = new History({
    tiers: [
      { step, slots: 600 },
      { step: step * 10, slots: 1440 },
    ],
  });
  const rehearsal = new Rehearsal(rules, settled);
  const fired = [];
  const skipped = [];
  const engine = new Engine({
    rules,
    history,
    leak,
    mayFire: ({ name }, now) => rehearsal.mayFire(name, now),
    fire({ rule, reason, now }) {
      const why = rehearsal.whyNot(rule.name, now);
      (why ? skipped : fired).push({ rule: rule.name, reason, now, limit: why?.limit });
      return !why;
    },
  });
  const row = new Float64Array(WIDTH).fill(NaN);
  return {
    fired,
    skipped,
    engine,
    step(now, readings) {
      row.fill(NaN);
      row[INDEX.time] = now;
      for (const [name, value] of Object.entries(readings)) row[INDEX[name]] = value;
      history.add(row);
      engine.evaluate(now, row);
    },
  };
}

test('two years of a rule that always matches: as often as its limits say, no more', () => {
  const run = simulate([{ name: 'always', when: 'rss > 1MB', actions: ['heapSnapshot'] }], {
    limits: { cooldown: '1h', count: 3, per: '24h' },
  });
  const days = 730;
  for (let minute = 0; minute < days * 24 * 60; minute++)
    run.step(START + minute * MINUTE, { rss: 5e8 });
  assert.equal(run.fired.length, 3 * days);
  for (let at = 3; at < run.fired.length; at++)
    assert.ok(run.fired[at].now - run.fired[at - 3].now >= DAY);
  assert.ok(run.skipped.length <= 3 * days + 1, 'a limit is asked once, not each minute');
  const [state] = run.engine.states;
  assert.equal(state.fired, 3 * days);
  assert.equal(state.lastFiredAt, run.fired.at(-1).now);
});

test('all rules together keep to the total', () => {
  const rules = Array.from({ length: 8 }, (_, at) => ({
    name: `rule-${at}`,
    when: 'rss > 1MB',
    actions: ['heapSnapshot'],
  }));
  const run = simulate(rules, { limits: { cooldown: 0, count: 50, total: 10, totalPer: '24h' } });
  for (let minute = 0; minute < 24 * 60; minute++) run.step(START + minute * MINUTE, { rss: 5e8 });
  assert.equal(run.fired.length, 10);
  assert.ok(run.skipped.some(({ limit }) => limit === 'total'));
});

test('a condition that holds for a while fires when the while is over, and says why', () => {
  const run = simulate(
    [{ name: 'high', when: 'heapUsed > 80% of heapLimit for 5m', actions: ['heapSnapshot'] }],
    { step: 10_000 },
  );
  const level = (at) => (at < 60 || (at >= 80 && at < 85) ? 0.5 : 0.9);
  for (let at = 0; at < 200; at++) {
    run.step(START + at * 10_000, { heapUsed: level(at) * 1e9, heapLimit: 1e9 });
    if (run.fired.length > 0) break;
  }
  const [{ now, reason }] = run.fired;
  assert.equal(now, START + (85 + 30) * 10_000, 'it begins anew after the dip');
  assert.match(reason, /heapUsed.*900 MB.*80% of heapLimit.*5m|5 min/);
});

test('a daily wave of load fires no rule on the slope of what it carries, a leak below it does', () => {
  const wave = (now) => 2e8 + 1e8 * Math.sin((2 * Math.PI * (now - START)) / DAY);
  const rules = [
    {
      name: 'rising',
      when: 'slope(rss, 24h) > 15MB/h',
      actions: ['heapSnapshot'],
      limits: { cooldown: '7d' },
    },
  ];
  const calm = simulate(rules);
  const leaking = simulate(rules);
  for (let minute = 0; minute < 4 * 24 * 60; minute++) {
    const now = START + minute * MINUTE;
    const hours = minute / 60;
    calm.step(now, { rss: wave(now) });
    leaking.step(now, { rss: wave(now) + hours * 2e7 });
  }
  // Over a whole day a wave of 100 MB still has a slope of up to 8 MB an hour.
  assert.deepEqual(calm.fired, []);
  assert.equal(leaking.fired.length, 1);
});

test('a pulse counts for one evaluation, together with what holds then', () => {
  const run = simulate([
    { name: 'both', when: 'signal(SIGUSR2) and heapUsed > 1MB', actions: ['heapSnapshot'] },
  ]);
  run.engine.pulse('signal:SIGUSR2');
  run.step(START, { heapUsed: 1000 });
  run.step(START + MINUTE, { heapUsed: 5e6 });
  assert.equal(run.fired.length, 0);
  run.engine.pulse('signal:SIGUSR2');
  run.step(START + 2 * MINUTE, { heapUsed: 5e6 });
  assert.equal(run.fired.length, 1);
});

test('readings that are not known fire nothing, nor does their opposite', () => {
  const run = simulate([
    { name: 'some', when: 'rss > 1MB', actions: ['heapSnapshot'] },
    { name: 'none', when: 'not (rss > 1MB)', actions: ['heapSnapshot'] },
  ]);
  for (let minute = 0; minute < 100; minute++) run.step(START + minute * MINUTE, {});
  assert.deepEqual(run.fired, []);
});

test('a rule that is off is no part of it', () => {
  const run = simulate([
    { name: 'off', when: 'rss > 1MB', actions: ['heapSnapshot'], enabled: false },
  ]);
  run.step(START, { rss: 5e8 });
  assert.deepEqual(run.fired, []);
  assert.deepEqual(run.engine.states, []);
});

test('while its actions run a rule does not fire again', async () => {
  const settled = readLimits({ cooldown: 0, count: 50 });
  const rules = readRules(
    [{ name: 'slow', when: 'rss > 1MB', actions: ['heapSnapshot'] }],
    'rules',
    { limits: settled },
  );
  const history = new History();
  const releases = [];
  const engine = new Engine({
    rules,
    history,
    leak: noLeak,
    mayFire: () => true,
    fire: () => new Promise((resolve) => releases.push(resolve)),
  });
  const row = new Float64Array(WIDTH).fill(NaN);
  const step = (now) => {
    row[INDEX.time] = now;
    row[INDEX.rss] = 5e8;
    history.add(row);
    engine.evaluate(now, row);
  };
  step(START);
  step(START + 1000);
  assert.equal(releases.length, 1);
  const [state] = engine.states;
  assert.deepEqual([state.isFiring, state.fired], [true, 0]);
  releases[0](true);
  await new Promise(setImmediate);
  assert.deepEqual([state.isFiring, state.fired], [false, 1]);
  step(START + 2000);
  assert.equal(releases.length, 2);
});
