'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { parseCondition } = require('../../lib/watch/condition.js');
const { startNode } = require('../support/child.js');
const { contextOf, flatHistory, messageOf } = require('./conditions-support.js');

const MB = 2 ** 20;
const GB = 2 ** 30;
const HOUR = 3_600_000;

const holds = (text, readings, how) => parseCondition(text).evaluate(contextOf(readings, how));

test('readings are compared in their units', () => {
  const table = [
    ['heapUsed > 800MB', { heapUsed: 800 * MB + 1 }, { heapUsed: 800 * MB }],
    ['heapUsed >= 1.5 GB', { heapUsed: 1.5 * GB }, { heapUsed: 1.5 * GB - 1 }],
    ['external < 1kB', { external: 1023 }, { external: 1024 }],
    ['rss <= 1KiB', { rss: 1024 }, { rss: 1025 }],
    ['rss > 2 TiB', { rss: 2 * 2 ** 40 + 1 }, { rss: 2e12 }],
    ['cpu > 90%', { cpu: 0.91 }, { cpu: 0.9 }],
    ['cpu > 0.9', { cpu: 0.91 }, { cpu: 0.9 }],
    ['eventLoopDelay > 200ms', { eventLoopDelay: 201 }, { eventLoopDelay: 200 }],
    ['requestLatencyP99 > 2s', { requestLatencyP99: 2001 }, { requestLatencyP99: 2000 }],
    ['requestRate > 100/s', { requestRate: 101 }, { requestRate: 100 }],
    ['requestRate > 600/min', { requestRate: 11 }, { requestRate: 10 }],
    ['fds == 12', { fds: 12 }, { fds: 13 }],
    ['fds != 12', { fds: 13 }, { fds: 12 }],
    ['100 < fds', { fds: 101 }, { fds: 100 }],
  ];
  for (const [text, yes, no] of table) {
    assert.equal(holds(text, yes), true, text);
    assert.equal(holds(text, no), false, text);
  }
});

test('a share is of another reading; numbers are calculated with', () => {
  const readings = { heapUsed: 880 * MB, heapLimit: GB, rss: 2 * GB, fds: 91, fdLimit: 100 };
  const yes = [
    'heapUsed > 80% of heapLimit',
    'fds > 90 % of fdLimit',
    'heapUsed / heapLimit > 0.8',
    'heapUsed/heapLimit > 80%',
    'rss - heapUsed > 1.1GB',
    'rss > heapUsed + 10% of heapLimit',
    'rss > 2 * heapUsed + 200MB',
    'heapUsed * 2 - 1GB < rss / 2',
    '-(heapUsed) > -1GB',
    '80% of (heapLimit + 50MB) < heapUsed',
  ];
  for (const text of yes) assert.equal(holds(text, readings), true, text);
  // Each operator does what it says: the other way round it is false.
  for (const text of yes) assert.equal(holds(`not (${text})`, readings), false, text);
});

test('what several readings make', () => {
  const readings = {
    scavengeTime: 10,
    markSweepTime: 20,
    otherGcTime: 5,
    time: 9e6,
    floorTime: 1e6,
  };
  assert.equal(holds('gcTime == 35ms', readings), true);
  assert.equal(holds('floorAge == 8000s', readings), true);
  const history = flatHistory(500);
  // Three times 500 ms in 10 s, and in the minute.
  assert.equal(holds('gcShare > 14.9% and gcShare < 15.1%', {}, { history }), true);
  assert.equal(holds('mean(gcShare, 1m) == 2.5%', {}, { history }), true);
  assert.equal(holds('sum(gcTime, 1m) == 1500ms', {}, { history }), true);
  assert.match(messageOf('max(gcTime, 1m) > 1s'), /max\(\) does not take gcTime/);
});

test('windows ask the history, for the reading and the time that are meant', () => {
  const { INDEX } = require('../../lib/watch/metrics.js');
  const asked = [];
  const answer = (call, value) => (index, ms) => {
    asked.push([call, index, ms]);
    return value;
  };
  const history = {
    coverage: (ms) => ms,
    slope: answer('slope', (120 * MB) / HOUR),
    mean: answer('mean', 0.85),
    max: answer('max', 1500),
    min: answer('min', 600 * MB),
    sum: answer('sum', 501),
  };
  const table = [
    ['slope(rss, 1h) > 100MB/h', 'slope(rss, 1h) > 120.1MB/h', ['slope', INDEX.rss, HOUR]],
    [
      'slope(heapUsed, 30m) > 1.9MB/min',
      'slope(heapUsed, 30m) > 2.1MB/min',
      ['slope', INDEX.heapUsed, HOUR / 2],
    ],
    ['mean(cpu, 5m) > 80%', 'mean(cpu, 5m) > 90%', ['mean', INDEX.cpu, 300_000]],
    [
      'max(eventLoopDelay, 1m) > 1s',
      'max(eventLoopDelay, 1m) > 2s',
      ['max', INDEX.eventLoopDelay, 60_000],
    ],
    ['min(heapUsed, 10m) > 500MB', 'min(heapUsed, 10m) > 700MB', ['min', INDEX.heapUsed, 600_000]],
    ['sum(scavenges, 1m) > 500', 'sum(scavenges, 1m) > 501', ['sum', INDEX.scavenges, 60_000]],
  ];
  for (const [yes, no, call] of table) {
    assert.equal(holds(yes, {}, { history }), true, yes);
    assert.deepEqual(asked.pop(), call);
    assert.equal(holds(no, {}, { history }), false, no);
  }
  // A rate is kept by the second.
  assert.equal(holds('mean(requestRate, 1m) == 0.85/s', {}, { history }), true);
});

test('a window that the history does not cover is unknown', () => {
  for (const [share, known] of [
    [1, true],
    [0.8, true],
    [0.79, false],
    [0, false],
    [Number.NaN, false],
  ]) {
    const history = flatHistory(1e9, (ms) => share * ms);
    assert.equal(holds('slope(rss, 1h) > 1MB/h', {}, { history }), known, String(share));
    assert.equal(holds('not slope(rss, 1h) < 1MB/h', {}, { history }), known, String(share));
  }
});

test('logic has three values: unknown does not fire, neither does its opposite', () => {
  const [T, F, U] = ['fds == 1', 'fds == 2', 'rss > 1B'];
  const table = [
    [`not ${U}`, false],
    [`not not ${T}`, true],
    [`!(${F})`, true],
    [`${T} and ${U}`, false],
    [`not (${T} and ${U})`, false],
    [`not (${F} and ${U})`, true],
    [`not (${U} && ${F})`, true],
    [`${T} or ${U}`, true],
    [`${U} || ${T}`, true],
    [`${F} or ${U}`, false],
    [`not (${F} or ${U})`, false],
    [`not (${U} for 5s)`, false],
    [`not (${F} for 5s)`, true],
    ['rss / fds > 1B', false],
    ['not rss / fds > 1B', false],
    // By nothing there is no quotient.
    ['fds / handles > 1', false],
    ['not fds / handles > 1', false],
    // and binds more than or, not more than and.
    [`${T} or ${T} and ${F}`, true],
    [`(${T} or ${T}) and ${F}`, false],
    [`not ${F} and ${F}`, false],
    [`NOT ${F} AND ${T} OR ${F}`, true],
  ];
  for (const [text, expected] of table) {
    assert.equal(holds(text, { fds: 1, handles: 0 }), expected, text);
  }
});

/** Evaluates at each moment; gives those at which it is true. */
function timesTrue(condition, moments) {
  return moments
    .filter(([now, readings]) => condition.evaluate(contextOf(readings, { now })))
    .map(([now]) => now);
}

const seconds = (from, to, readings, step = 1) => {
  const moments = [];
  for (let at = from; at <= to; at += step) moments.push([at * 1000, readings]);
  return moments;
};

test('for: true at every evaluation for so long', () => {
  const high = { cpu: 1 };
  const condition = parseCondition('cpu > 90% for 5s');
  assert.deepEqual(timesTrue(condition, seconds(10, 17, high)), [15000, 16000, 17000]);
  const interrupted = [...seconds(18, 20, high), [21000, { cpu: 0.5 }], ...seconds(22, 27, high)];
  assert.deepEqual(timesTrue(condition, interrupted), [18000, 19000, 20000, 27000]);
  const unknown = [[28000, {}], ...seconds(29, 34, high)];
  assert.deepEqual(timesTrue(condition, unknown), [34000]);
  condition.reset();
  assert.equal(condition.describe(contextOf(high)), 'cpu unknown > 90 %, for 5 s');
  assert.deepEqual(timesTrue(condition, seconds(35, 40, high)), [40000]);
});

test('for: what was not watched does not count', () => {
  const high = { cpu: 1 };
  const condition = parseCondition('cpu > 90% for 60s');
  const asleep = [...seconds(0, 30, high), ...seconds(130, 190, high)];
  assert.deepEqual(timesTrue(condition, asleep), [190_000]);
  // The clock is set back.
  const back = [...seconds(100, 160, high)];
  assert.deepEqual(timesTrue(condition, back), [160_000]);
  // A loop that is late now and then is watched all the same.
  condition.reset();
  const late = [...seconds(0, 30, high), ...seconds(39, 48, high, 9), ...seconds(49, 60, high)];
  assert.deepEqual(timesTrue(condition, late), [60_000]);
});

test('for: evaluations may be far apart, as long as they are usual', () => {
  const condition = parseCondition('cpu > 90% for 5m');
  const rare = seconds(0, 600, { cpu: 1 }, 60);
  // The first step is long by itself; what is usual is known after it.
  assert.deepEqual(timesTrue(condition, rare).at(0), 360_000);
  // An event may bring one in between.
  const more = [[601_000, { cpu: 1 }], ...seconds(660, 720, { cpu: 1 }, 60)];
  assert.deepEqual(timesTrue(condition, more), [601_000, 660_000, 720_000]);
  assert.deepEqual(timesTrue(condition, [[1_500_000, { cpu: 1 }]]), []);
});

test('for belongs to what is before it; parentheses make it that of several', () => {
  const both = { rss: 2 * GB, fds: 1 };
  const one = parseCondition('fds < 10 and rss > 1GB for 2s');
  const whole = parseCondition('(fds < 10 and rss > 1GB) for 2s');
  const moments = [...seconds(0, 1, { rss: 2 * GB, fds: 99 }), ...seconds(2, 5, both)];
  assert.deepEqual(timesTrue(one, moments), [2000, 3000, 4000, 5000]);
  assert.deepEqual(timesTrue(whole, moments), [4000, 5000]);
  assert.match(messageOf('cpu > 5% for 3s for 4s'), /for is not expected here/);
});

test('leak: the verdict, or a confidence', () => {
  const verdict = (leaking, confidence) => ({ leaking, confidence, text: '12 MB/h' });
  const leak = (heap, external) => ({ leak: { heap, external } });
  const sure = verdict(true, 0.9995);
  const unsure = verdict(false, 0.97);
  const table = [
    ['leak', leak(sure, null), true],
    ['leak', leak(null, sure), true],
    ['leak', leak(unsure, sure), true],
    ['leak', leak(unsure, unsure), false],
    ['leak(95%)', leak(unsure, null), true],
    ['leak(97%)', leak(unsure, null), true],
    ['leak(99.9%)', leak(unsure, unsure), false],
    ['leak(99.9%)', leak(sure, unsure), true],
    ['not leak', leak(unsure, unsure), true],
    ['not leak', leak(unsure, null), false],
    ['not leak', leak(null, null), false],
  ];
  for (const [text, how, expected] of table) {
    assert.equal(holds(text, {}, how), expected, `${text} ${JSON.stringify(how)}`);
  }
});

test('events are pulses of their key, and triggers say what to arm', () => {
  const table = [
    ['stuck', { kind: 'stuck', key: 'stuck', ms: null }],
    ['stuck(5s)', { kind: 'stuck', key: 'stuck:5000', ms: 5000 }],
    ['nearHeapLimit', { kind: 'nearHeapLimit', key: 'nearHeapLimit' }],
    ['signal(SIGUSR2)', { kind: 'signal', key: 'signal:SIGUSR2', signal: 'SIGUSR2' }],
    ['every(6h)', { kind: 'every', key: 'every:21600000', ms: 21600000 }],
    ['at(3:30)', { kind: 'at', key: 'at:03:30', hour: 3, minute: 30, utc: false }],
    ['at(03:30 UTC)', { kind: 'at', key: 'at:03:30Z', hour: 3, minute: 30, utc: true }],
  ];
  for (const [text, trigger] of table) {
    assert.deepEqual(parseCondition(text).triggers, [trigger]);
    assert.equal(holds(text, {}, { pulses: [trigger.key] }), true, text);
    assert.equal(holds(text, {}, { pulses: ['other'] }), false, text);
  }
  const { triggers } = parseCondition(
    '(leak or stuck(5s)) and (stuck(5s) or cpu > 5%) and every(1h)',
  );
  assert.deepEqual(
    triggers.map(({ key }) => key),
    ['leak', 'stuck:5000', 'every:3600000'],
  );
  assert.deepEqual(parseCondition('cpu > 5% for 3s').triggers, []);
  assert.equal(
    holds('signal(SIGUSR2) and cpu > 5%', { cpu: 1 }, { pulses: ['signal:SIGUSR2'] }),
    true,
  );
  assert.equal(
    holds('signal(SIGUSR2) and cpu > 5%', { cpu: 0 }, { pulses: ['signal:SIGUSR2'] }),
    false,
  );
});

test('objects are and, or, not', () => {
  const when = { all: ['rss > 1GB', { any: ['fds > 5', 'cpu > 90%'] }, { not: 'handles > 3' }] };
  const condition = parseCondition(when);
  assert.equal(
    condition.text,
    '(rss > 1GB) and ((fds > 5) or (cpu > 90%)) and (not (handles > 3))',
  );
  const text = parseCondition(condition.text);
  for (const fds of [5, 6]) {
    for (const rss of [GB, 2 * GB]) {
      for (const handles of [3, 4]) {
        const context = contextOf({ fds, rss, handles, cpu: 0 });
        const expected = fds > 5 && rss > GB && handles < 4;
        assert.equal(condition.evaluate(context), expected);
        assert.equal(text.evaluate(context), expected);
      }
    }
  }
  assert.match(
    messageOf({ all: ['cpu > 5%', { any: ['leak', 'rss > 5s'] }] }),
    /^rules\[1\]\.when\.all\[1\]\.any\[1\]: bytes/,
  );
  assert.match(messageOf({ all: [] }), /^rules\[1\]\.when\.all must be an array/);
  assert.match(messageOf({}), /one of all, any and not.*it has nothing/);
  assert.match(messageOf({ all: ['leak'], any: ['leak'] }), /it has 'all', 'any'/);
  assert.match(messageOf({ some: ['leak'] }), /it has 'some'/);
  assert.match(messageOf({ not: 'stuck' }), /^rules\[1\]\.when\.not: what happens in a moment/);
  for (const value of [undefined, null, 5, [], ['leak'], true]) {
    assert.match(messageOf(value), /^rules\[1\]\.when must be a condition such as 'heapUsed/);
  }
});

test('words say what it waits for', () => {
  const table = [
    ['heapUsed>80%of heapLimit for 30s', 'heapUsed above 80 % of heapLimit for 30 s'],
    ['rss >= 1536MB', 'rss at least 1.5 GB'],
    ['rss > 1536MiB', 'rss above 1.5 GiB'],
    ['slope(rss, 90m) > 100MB/h', 'the slope of rss over 90 min above 100 MB/h'],
    ['leak(99.9%)', 'the heap or external memory leaks (99.9 % sure)'],
    ['every(90s)', 'every 90 s'],
    ['at(3:05 UTC)', 'each day at 03:05 UTC'],
    [
      'cpu > 90% for 1m or not (leak and fds < 5)',
      '(cpu above 90 % for 1 min) or not (the heap or external memory leaks and fds below 5)',
    ],
  ];
  for (const [text, words] of table) assert.equal(parseCondition(text).words, words);
});

test('a description has the readings of the last evaluation', () => {
  const readings = { heapUsed: 812.4 * MB, heapLimit: 1000 * MB, cpu: 0.953, requestRate: 120 };
  const history = flatHistory((120 * MB) / HOUR);
  const leak = { heap: { leaking: true, confidence: 0.99, text: '12 MB/h' }, external: null };
  const table = [
    ['heapUsed > 800MB', 'heapUsed 812 MB > 800 MB'],
    ['heapUsed > 700MiB', 'heapUsed 812 MiB > 700 MiB'],
    ['heapUsed > 812MB', 'heapUsed 812.4 MB > 812 MB'],
    ['heapUsed > 80% of heapLimit', 'heapUsed 812 MB > 80 % of heapLimit (800 MB)'],
    ['heapUsed / heapLimit > 80%', 'heapUsed / heapLimit (81.2 %) > 80 %'],
    ['cpu > 90% and heapUsed > 1MB', 'cpu 95.3 % > 90 % and heapUsed 812 MB > 1 MB'],
    ['cpu > 99% or heapUsed > 1MB', 'heapUsed 812 MB > 1 MB'],
    ['not (cpu < 90%)', 'not (cpu 95.3 % < 90 %)'],
    ['slope(rss, 1h) > 1MB/min', 'slope(rss, 1h) 2 MB/min > 1 MB/min'],
    ['requestRate > 100/s', 'requestRate 120/s > 100/s'],
    ['leak', 'the heap leaks: 12 MB/h'],
    ['stuck(5s) or rss > 1B', 'the event loop is stuck for 5 s'],
    ['rss > 1B', 'rss unknown > 1 B'],
  ];
  for (const [text, expected] of table) {
    const condition = parseCondition(text);
    const context = contextOf(readings, { history, leak, pulses: ['stuck:5000'] });
    condition.evaluate(context);
    assert.equal(condition.describe(context), expected);
  }
  const held = parseCondition('heapUsed > 800MB for 30s');
  const context = contextOf(readings);
  held.evaluate(context);
  assert.equal(held.describe(context), 'heapUsed 812 MB > 800 MB, for 30 s');
});

/** In a process of its own, so that nothing else allocates. */
const MANY_EVALUATIONS = `
  const { parseCondition } = require('./lib/watch/condition.js');
  const { contextOf, flatHistory } = require('./__test__/unit/conditions-support.js');
  const names = ['heapUsed', 'heapLimit', 'cpu', 'rss', 'requestsInFlight', 'requestRate'];
  const readings = Object.fromEntries(names.map((name, at) => [name, 0.5 + 1e9 * at]));
  const leak = { heap: { leaking: false, confidence: 0.5 }, external: null };
  const context = contextOf(readings, { history: flatHistory(1), leak });
  const texts = ['heapUsed > 80% of heapLimit', 'rss > 8GB for 30s', 'leak(99.9%) or stuck(5s)',
    'slope(rss, 1h) > 100MB/h and not cpu < 5%', 'gcShare > 90%', 'requestRate / 2 > 1/h'];
  const conditions = texts.map((text) => parseCondition(text));
  const run = () => {
    for (let at = 0; at < 20_000; at++) {
      context.now = 1.7e12 + 1000 * at;
      for (let i = 0; i < conditions.length; i++) conditions[i].evaluate(context);
    }
  };
  let least = Infinity;
  for (let round = 0; round < 50 && least > 40_000; round++) {
    gc();
    const before = process.memoryUsage().heapUsed;
    run();
    least = Math.min(least, process.memoryUsage().heapUsed - before);
  }
  console.log(least);
`;

test('an evaluation allocates nothing', async () => {
  const { root } = require('../support/env.js');
  // A young generation that needs no collection meanwhile.
  const nodeArgs = ['--expose-gc', '--min-semi-space-size=16'];
  const child = startNode(MANY_EVALUATIONS, { nodeArgs, cwd: root, preamble: '' });
  const { code: exit, stdout, stderr } = await child.finished;
  assert.equal(exit, 0, stderr);
  // Once V8 has optimised it. One number for each time that all are evaluated would be 320,000 bytes.
  assert.ok(Number(stdout) >= 0 && Number(stdout) < 40_000, stdout);
});
