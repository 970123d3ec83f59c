'use strict';

/** What the page says of a process, of a capture to come, and of what went wrong. */

const assert = require('node:assert/strict');
const test = require('node:test');

const { errorText } = require('../../web/profiler-errors.js');
const { forecastText } = require('../../web/profiler-forecast.js');
const { healthOf } = require('../../web/profiler-health.js');
const { Readings } = require('../../web/profiler-readings.js');
const { texts } = require('../../web/profiler-texts.js');
const en = require('../../web/texts-en.js');
const zh = require('../../web/texts-zh.js');

texts.use('en', en);

const MB = 2 ** 20;
const GB = 2 ** 30;
const T0 = Date.UTC(2025, 10, 22, 3, 0);

const CALM = { heapUsed: 412 * MB, heapLimit: 2 * GB, eventLoopDelay: 12 };

const plain = (text) => text.replaceAll('\u00a0', ' ');

function health(values, status = watched()) {
  const readings = new Readings(300_000);
  for (let at = 0; at < 12; at++) readings.append({ time: T0 + at * 1000, values });
  const { level, sentence } = healthOf(status, readings);
  return { level, sentence: plain(sentence) };
}

function watched({ rules = [], thresholds = [], leak = { heap: null, external: null } } = {}) {
  const idle = { name: 'heap', matches: false, isFiring: false, fired: 0, lastFiredAt: null };
  return { watcher: { running: true, rules: [idle, ...rules], leak }, thresholds };
}

test('a calm process is well, in one sentence', () => {
  assert.deepEqual(health(CALM), {
    level: 'well',
    sentence: 'Heap 412 MB of 2 GB, event loop on time, nothing fired.',
  });
});

test('the same in Chinese', () => {
  texts.use('zh', zh);
  try {
    assert.equal(health(CALM).sentence, '堆 412 MB / 2 GB，事件循环准时，没有规则触发。');
  } finally {
    texts.use('en', en);
  }
});

test('before the first reading nothing is claimed', () => {
  const { level } = healthOf(watched(), new Readings(300_000));
  assert.equal(level, 'unknown');
});

test('what is not known is not said', () => {
  const { level, sentence } = health({ eventLoopDelay: 9 }, { watcher: null });
  assert.equal(level, 'well');
  assert.equal(sentence, 'Event loop on time, no rules watch it.');
});

test('each shortage is said, and only when it is one', () => {
  const cases = [
    [{ heapUsed: 1.5 * GB }, 'warn', /^Heap 1.5 GB of 2 GB/],
    [{ heapUsed: 1.8 * GB }, 'alarm', /^Heap 1.8 GB/],
    [{ eventLoopDelay: 80 }, 'warn', /event loop 80 ms late/],
    [{ eventLoopDelay: 900 }, 'alarm', /event loop 900 ms late/],
    [{ rss: 3.7 * GB, memoryLimit: 4 * GB }, 'alarm', /memory 3.7 GB of 4 GB/],
    [{ rss: 1 * GB, memoryLimit: 4 * GB }, 'well', /^((?!memory).)*$/],
    [{ threadCpu: 0.97 }, 'alarm', /97 % busy/],
    [{ gcPause: 220 }, 'warn', /stops it for 220 ms/],
    [{ fds: 950, fdLimit: 1024 }, 'alarm', /950 of 1024 file descriptors/],
    [{ diskFree: 100 * MB }, 'alarm', /only 100 MB of disk/],
    [{ diskFree: 500 * MB }, 'warn', /only 500 MB of disk/],
    [{ diskFree: 50 * GB }, 'well', /^((?!disk).)*$/],
  ];
  for (const [values, level, pattern] of cases) {
    const found = health({ ...CALM, ...values });
    assert.equal(found.level, level, found.sentence);
    assert.match(found.sentence, pattern);
  }
});

test('one slow second is no news', () => {
  const readings = new Readings(300_000);
  for (let at = 0; at < 12; at++) {
    const eventLoopDelay = at === 11 ? 300 : 10;
    readings.append({ time: T0 + at * 1000, values: { ...CALM, eventLoopDelay } });
  }
  assert.equal(healthOf(watched(), readings).level, 'well');
});

test('rules that fire, have fired, or are about to', () => {
  const rule = { name: 'slow', matches: true, isFiring: true, fired: 1, lastFiredAt: null };
  const firing = health(CALM, watched({ rules: [rule] }));
  assert.equal(firing.level, 'alarm');
  assert.match(firing.sentence, /rule slow is firing\.$/);

  const thresholdOfIt = { metric: 'heapUsed', operator: '>', value: 1, rule: 'slow' };
  const once = health(CALM, watched({ rules: [rule], thresholds: [thresholdOfIt] }));
  assert.doesNotMatch(once.sentence, /threshold/);

  const past = { ...rule, isFiring: false, fired: 3, lastFiredAt: new Date(T0).toISOString() };
  const fired = health(CALM, watched({ rules: [past] }));
  assert.equal(fired.level, 'well');
  assert.match(fired.sentence, /rules fired 3 times, last /);

  const thresholds = [
    { metric: 'heapUsed', operator: '>', value: 400 * MB, rule: 'heap' },
    { metric: 'heapLimit', operator: '<', value: 1 * GB, rule: 'small' },
    { metric: 'rss', operator: '>', value: 1, rule: 'unread' },
    { metric: 'eventLoopDelay', operator: '>', value: null, rule: 'unknown' },
  ];
  const over = health(CALM, watched({ thresholds }));
  assert.equal(over.level, 'warn');
  assert.match(over.sentence, /heapUsed past the threshold of rule heap, nothing fired/);
  assert.doesNotMatch(over.sentence, /small|unread|unknown/);
});

test('a leak is said with its rate and its end', () => {
  const verdict = { leaking: true, bytesPerHour: 352 * MB, msToLimit: 6_300_000 };
  const found = health(CALM, watched({ leak: { heap: verdict, external: null } }));
  assert.equal(found.level, 'alarm');
  assert.match(found.sentence, /leaks 352 MB an hour \(full in 1 h 45 min\)/);
  const endless = { ...verdict, msToLimit: null };
  assert.match(health(CALM, watched({ leak: { heap: endless } })).sentence, /an hour, nothing/);
});

const FORK = {
  strategy: 'fork',
  pauseMs: 8.2,
  memoryBytes: 1.4 * GB,
  durationMs: 40_000,
  fileBytes: 210 * MB,
  refused: null,
};

test('a forecast says what is known and leaves out what is not', () => {
  const said = (kind, forecast) => plain(forecastText(kind, forecast).text);
  assert.equal(
    said('heapSnapshot', FORK),
    'about 8 ms stop, 1.4 GB memory for 40 s in a child, file of 210 MB',
  );
  assert.equal(
    said('heapSnapshot', { ...FORK, pauseMs: null, fileBytes: null }),
    '1.4 GB memory for 40 s in a child',
  );
  assert.equal(
    said('heapSnapshot', { ...FORK, memoryBytes: null, pauseMs: 0 }).split(',')[0],
    'about 0 ms stop',
  );
  assert.equal(
    said('cpuProfile', { ...FORK, strategy: 'inline' }),
    'about 8 ms stop, 1.4 GB memory, file of 210 MB',
  );
  assert.equal(
    said('classHistogram', { ...FORK, memoryBytes: null, fileBytes: null }),
    'about 8 ms stop, 40 s of work in a child',
  );
  assert.equal(said('report', undefined), 'cost not known');
  assert.equal(said('report', { pauseMs: null }), 'cost not known');
});

test('a long stop and a refusal are told apart', () => {
  assert.equal(forecastText('heapSnapshot', FORK).isLong, false);
  assert.equal(forecastText('heapSnapshot', { ...FORK, pauseMs: 1000 }).isLong, true);
  const refused = forecastText('heapSnapshot', { ...FORK, refused: 'no room' });
  assert.deepEqual(refused, { text: 'Not now: no room', isRefused: true });
});

test('every status that the server answers with says what to do', () => {
  for (const status of [0, 401, 403, 404, 409, 429, 500, 507]) {
    const text = errorText({ status, message: 'why' });
    assert.ok(text.startsWith(texts(`error.${status}`)), text);
    assert.equal(text.includes('why'), status !== 0, text);
  }
  assert.ok(errorText({ status: 418, message: 'tea' }).startsWith(texts('error.500')));
  assert.match(plain(errorText({ status: 409, message: '', retryAfter: 5 })), /in 5 s\.$/);
});
