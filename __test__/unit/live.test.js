'use strict';

// `Live` by a clock, readings and watchers of the test.

const assert = require('node:assert/strict');
const { beforeEach, test } = require('node:test');
const { captureId } = require('../../lib/http/capture-id.js');
const { LINGER_MS, Live, SCRAPE_LINGER_MS } = require('../../lib/http/live.js');
const { marksOf } = require('../../lib/http/marks.js');
const { announceWatcher, currentWatcher } = require('../../lib/watch/current.js');
const { Followers } = require('../../lib/watch/followers.js');
const { History } = require('../../lib/watch/history.js');
const { INDEX, METRICS, WIDTH } = require('../../lib/watch/metrics.js');

const SECOND = 1000;
const START = Date.UTC(2025, 0, 1);

/** What a second brings. */
function rowAt(time, values) {
  const row = new Float64Array(WIDTH).fill(Number.NaN);
  row[INDEX.time] = time;
  for (const [name, value] of Object.entries(values)) row[INDEX[name]] = value;
  return row;
}

/** A `Live` with a clock of its own; `opened` are its readings, `runs()` those that run. */
class World {
  now = 0;
  opened = [];
  live = new Live({ dir: '/nowhere', clock: () => this.now, open: (how) => this.#open(how) });

  #open({ dir, onRow }) {
    const history = new History();
    const world = this;
    const own = {
      dir,
      isRunning: true,
      stops: 0,
      metrics: METRICS,
      latest: () => history.latest,
      rows: (windowMs) => history.rows(windowMs),
      totals: () => history.totals,
      stop() {
        own.isRunning = false;
        own.stops++;
      },
      tick() {
        history.add(
          rowAt(START + world.now, { rss: world.now, markSweeps: 1, gcPause: world.now }),
        );
        if (history.added(0) > 1) onRow(history.latest);
      },
    };
    own.tick();
    this.opened.push(own);
    return own;
  }

  runs() {
    return this.opened.filter(({ isRunning }) => isRunning);
  }

  /** Seconds go by, in which whatever runs reads. */
  pass(seconds) {
    for (let count = 0; count < seconds; count++) {
      this.now += SECOND;
      for (const own of this.runs()) own.tick();
    }
  }
}

/** A watcher as others see it. */
class FakeWatcher {
  followers = new Followers();
  history = new History();
  rules = [
    { name: 'rss', when: 'rss > 50% of memoryLimit', matches: false, isFiring: false, fired: 0 },
  ];

  constructor({ metrics = METRICS, interval = 1, announce = true } = {}) {
    const { followers, history } = this;
    this.watching = {
      dir: '/captures',
      interval,
      metrics,
      status: () => ({ running: true, rules: this.rules }),
      latest: () => history.latest,
      rows: (windowMs) => history.rows(windowMs),
      totals: () => history.totals,
      occurrences: () => followers.occurrences,
      follow: (follower) => followers.add(follower),
    };
    if (announce) this.leave = announceWatcher(this.watching);
  }

  tick(time, values = { rss: 77, memoryLimit: 200, markSweeps: 1 }) {
    const row = rowAt(time, values);
    this.history.add(row);
    this.followers.row(row);
  }

  stop() {
    this.leave();
    this.followers.end();
  }
}

beforeEach(() => assert.equal(currentWatcher(), null, 'the last test has left nothing'));

test('nothing runs before somebody asks, nor after close', () => {
  const world = new World();
  assert.equal(world.opened.length, 0);
  const leave = world.live.subscribe();
  assert.equal(world.runs().length, 1);
  assert.equal(world.runs()[0].dir, '/nowhere');
  world.live.close();
  assert.equal(world.runs().length, 0);
  leave();
  world.live.subscribe();
  assert.equal(world.runs().length, 0, 'closed is closed');
  assert.equal(world.live.history(600_000).time.length, 1, 'a question is still answered');
  assert.equal(world.runs().length, 0);
});

test('readings run as long as somebody subscribes, and a minute', () => {
  const world = new World();
  const leave = [world.live.subscribe(), world.live.subscribe()];
  world.pass(300);
  leave[0]();
  leave[0]();
  world.pass(300);
  assert.equal(world.runs().length, 1, 'twice the same has left once');
  leave[1]();
  world.pass(LINGER_MS / SECOND - 1);
  assert.equal(world.runs().length, 1);
  assert.equal(world.live.listenerCount('reading'), 0);
  world.pass(1);
  assert.equal(world.runs().length, 0);
  assert.equal(world.opened.length, 1);
});

test('a page that is loaded anew finds what was read before', () => {
  const world = new World();
  world.live.subscribe()();
  world.pass(30);
  const again = world.live.subscribe();
  world.pass(200);
  const { time, values, names } = world.live.history(600_000);
  assert.equal(time.length, 231);
  assert.equal(time.at(-1), START + 230 * SECOND);
  assert.equal(values.rss.at(-1), 230 * SECOND);
  assert.ok(names.includes('gcPause') && !names.includes('malloced'));
  assert.ok(world.live.history(600_000, { all: true }).names.includes('malloced'));
  again();
});

test('a question is answered at once, and the readings go on for a minute', () => {
  const world = new World();
  assert.deepEqual(world.live.history(600_000).values.rss, [0]);
  world.pass(LINGER_MS / SECOND);
  assert.equal(world.runs().length, 0);
  assert.equal(world.live.latest()[INDEX.rss], world.now);
});

test('scraped regularly they go on, scraped seldom they rest in between', () => {
  const world = new World();
  for (let scrape = 0; scrape < 10; scrape++) {
    assert.equal(world.live.scrape().row[INDEX.rss], world.now);
    world.pass(60);
  }
  assert.equal(world.opened.length, 1);
  world.pass(SCRAPE_LINGER_MS / SECOND);
  assert.equal(world.runs().length, 0);
});

test('sums of a scrape only rise, whoever reads; peaks are of the last minute', () => {
  const world = new World();
  const sweeps = () => world.live.scrape().counts.markSweeps;
  assert.equal(sweeps(), 1);
  world.pass(10);
  assert.equal(sweeps(), 11);
  assert.equal(sweeps(), 11, 'to ask does not count, nor take away');
  assert.equal(world.live.scrape().peaks.gcPause, 10 * SECOND);
  const watcher = new FakeWatcher();
  for (let at = 0; at < 1000; at++) watcher.tick(START + at * SECOND);
  assert.equal(sweeps(), 11, 'what another one has counted does not count twice');
  watcher.tick(START + 1000 * SECOND);
  assert.equal(sweeps(), 12);
  assert.equal(world.live.scrape().watcher.running, true);
  assert.ok(Number.isNaN(world.live.scrape().peaks.gcPause));
  watcher.stop();
  world.pass(SCRAPE_LINGER_MS / SECOND);
  assert.ok(sweeps() >= 12);
});

test('what was counted between two scrapes counts, also when the readings have ended since', () => {
  const world = new World();
  const sweeps = () => world.live.scrape().counts.markSweeps;
  sweeps();
  world.pass(SCRAPE_LINGER_MS / SECOND);
  assert.equal(world.runs().length, 0);
  assert.equal(sweeps(), 1 + SCRAPE_LINGER_MS / SECOND);
});

test('readings are told of while somebody listens', () => {
  const world = new World();
  const told = [];
  const leave = world.live.subscribe();
  world.live.on('reading', (reading) => told.push(reading));
  world.pass(3);
  assert.deepEqual(
    told.map(({ time, values }) => [time - START, values.rss, values.heapUsed]),
    [
      [SECOND, SECOND, null],
      [2 * SECOND, 2 * SECOND, null],
      [3 * SECOND, 3 * SECOND, null],
    ],
  );
  leave();
});

test("a listener that throws is nobody's trouble", () => {
  const world = new World();
  world.live.subscribe();
  world.live.on('reading', () => {
    throw new Error('mine');
  });
  world.pass(3);
  assert.equal(world.runs().length, 1);
  const watcher = new FakeWatcher();
  world.pass(1);
  watcher.tick(START);
  watcher.stop();
  assert.equal(world.runs().length, 1);
  world.live.close();
});

test('of a watcher the readings are its own: nothing else runs', () => {
  const world = new World();
  const watcher = new FakeWatcher();
  for (let at = 0; at < 5; at++) watcher.tick(START + at * SECOND, { rss: at });
  const told = [];
  world.live.on('reading', ({ values }) => told.push(values.rss));
  const leave = world.live.subscribe();
  watcher.tick(START + 5 * SECOND, { rss: 5 });
  assert.deepEqual(told, [5]);
  assert.deepEqual(world.live.history(600_000).values.rss, [0, 1, 2, 3, 4, 5]);
  assert.equal(world.live.scrape().row[INDEX.rss], 5);
  assert.equal(world.opened.length, 0);
  leave();
  watcher.tick(START + 6 * SECOND, { rss: 6 });
  assert.deepEqual(told, [5], 'who has left hears nothing more');
  watcher.stop();
  assert.equal(world.opened.length, 0);
});

test('a watcher that starts takes over, and one that stops is followed', () => {
  const world = new World();
  const [told, sources] = [[], []];
  world.live.on('reading', ({ values }) => told.push(values.rss));
  world.live.on('source', () => sources.push(currentWatcher() !== null));
  const leave = world.live.subscribe();
  world.pass(1);
  const watcher = new FakeWatcher();
  world.pass(1);
  assert.equal(world.runs().length, 0, 'at the next second');
  watcher.tick(START, { rss: 77 });
  watcher.stop();
  assert.equal(world.runs().length, 1);
  world.pass(1);
  const next = new FakeWatcher();
  world.pass(1);
  next.tick(START, { rss: 78 });
  assert.deepEqual(told, [1000, 2000, 77, 3000, 4000, 78]);
  assert.deepEqual(sources, [true, false, true]);
  leave();
  next.stop();
  assert.equal(world.runs().length, 0);
  assert.ok(world.opened.every(({ stops }) => stops === 1));
});

test('a watcher that stops while nobody looks starts nothing', () => {
  const world = new World();
  const watcher = new FakeWatcher();
  world.live.subscribe()();
  watcher.stop();
  world.pass(1);
  assert.equal(world.opened.length, 0);
});

test('what a watcher does is told and kept for marks, also of before', () => {
  const world = new World();
  const watcher = new FakeWatcher();
  const at = new Date(START).toISOString();
  const fire = { rule: 'heap', reason: 'heapUsed 9 MB > 8 MB', at, readings: {} };
  watcher.followers.event('fire', fire);
  const told = [];
  world.live.on('watch', (event) => told.push(event));
  const leave = world.live.subscribe();
  const files = ['/secret/place/a.heapsnapshot.gz', '/secret/place/a.heapsnapshot.gz.json'];
  watcher.followers.event('action', { rule: 'heap', reason: 'r', at, phase: 'start' });
  watcher.followers.event('done', { ...fire, files, verdict: 'the sessions' });
  assert.deepEqual(
    told.map(({ event, rule, verdict, files: names }) => [event, rule, verdict, names]),
    [
      ['action', 'heap', null, []],
      ['done', 'heap', 'the sessions', ['a.heapsnapshot.gz', 'a.heapsnapshot.gz.json']],
    ],
  );
  assert.match(told[0].at, /^\d{4}-.*Z$/);
  const mark = {
    time: START,
    kind: 'fire',
    rule: 'heap',
    text: 'rule heap: heapUsed 9 MB > 8 MB; the sessions',
    capture: captureId('a.heapsnapshot.gz'),
  };
  assert.deepEqual(world.live.marks(), [mark]);
  watcher.tick(START + SECOND);
  assert.deepEqual(world.live.history(60_000).marks, [mark]);
  watcher.tick(START + 120 * SECOND);
  assert.deepEqual(world.live.history(60_000).marks, [], 'only what is within the window');
  assert.doesNotMatch(JSON.stringify([told, world.live.marks()]), /secret/);
  watcher.followers.event('skip', { rule: 'heap', reason: 'r', why: 'cooldown', at });
  watcher.stop();
  assert.deepEqual(
    world.live.marks().map(({ kind }) => kind),
    ['fire', 'skip'],
    'also when it is gone',
  );
  leave();
  world.live.close();
});

test('thresholds are those of the rules, by the newest reading', () => {
  const world = new World();
  assert.deepEqual(world.live.thresholds(), []);
  assert.equal(world.live.watcher(), null);
  const watcher = new FakeWatcher();
  watcher.tick(START);
  assert.deepEqual(world.live.thresholds(), [
    { metric: 'rss', operator: '>', value: 100, rule: 'rss' },
  ]);
  assert.equal(world.live.watcher().running, true);
  watcher.stop();
  assert.equal(world.opened.length, 0);
});

test('a watcher of another version, with other metrics', () => {
  const world = new World();
  const watcher = new FakeWatcher({
    metrics: [{ name: 'rss' }, { name: 'time' }],
    announce: false,
  });
  const row = Float64Array.of(42, START);
  Object.assign(watcher.watching, {
    latest: () => row,
    rows: () => ({ step: 1000, times: Float64Array.of(START), rows: [row] }),
    totals: () => Float64Array.of(NaN, NaN),
  });
  const leave = announceWatcher(watcher.watching);
  const told = [];
  world.live.on('reading', ({ values }) => told.push(values.rss));
  const end = world.live.subscribe();
  watcher.followers.row(row);
  assert.deepEqual(told, [42]);
  assert.deepEqual(world.live.history(600_000).values.rss, [42]);
  assert.deepEqual(world.live.history(600_000).values.heapUsed, [null]);
  assert.equal(world.live.scrape().counts.markSweeps, 0);
  end();
  leave();
});

test('the current watcher is that of this thread, whichever copy of rsprof asks', () => {
  const shared = globalThis[Symbol.for('rsprof.watcher/1')];
  const file = require.resolve('../../lib/watch/current.js');
  const own = require.cache[file];
  delete require.cache[file];
  const copy = require('../../lib/watch/current.js');
  require.cache[file] = own;
  const [one, two] = [{}, {}];
  const leaveOne = announceWatcher(one);
  assert.equal(copy.currentWatcher(), one);
  const leaveTwo = copy.announceWatcher(two);
  leaveOne();
  assert.equal(currentWatcher(), two, 'who left before does not end another');
  leaveTwo();
  assert.equal(currentWatcher(), null);
  assert.equal(globalThis[Symbol.for('rsprof.watcher/1')], shared);
});

test('a follower that throws follows no more; the others do', () => {
  const followers = new Followers();
  const heard = [];
  followers.add({
    row() {
      heard.push('bad');
      throw new Error('mine');
    },
  });
  followers.add({ row: (row) => heard.push(row[0]) });
  followers.row([1]);
  followers.row([2]);
  assert.deepEqual(heard, ['bad', 1, 2]);
});

test('a hundred occurrences are kept, of those that are worth it', () => {
  const followers = new Followers();
  for (let count = 0; count < 130; count++) {
    followers.event('skip', { rule: `r${count}`, reason: 'r', why: 'cooldown' });
    followers.event('action', { rule: 'a' });
  }
  const { occurrences } = followers;
  followers.event('crash', { path: '/captures/blackbox-1', verdict: 'process 3 died' });
  assert.deepEqual(followers.occurrences.at(-1).files, [], 'a black box is no capture');
  assert.equal(occurrences.length, 100);
  assert.equal(occurrences.at(-1).rule, 'r129');
  assert.ok(occurrences.every(({ event, reason }) => event === 'skip' && reason === 'cooldown'));
});

test('every kind of occurrence has a mark, and each firing its own', () => {
  const one = (event, more = {}) => ({
    event,
    rule: null,
    reason: null,
    verdict: null,
    files: [],
    at: 1,
    ...more,
  });
  const fire = one('fire', { rule: 'a', reason: 'x' });
  const done = one('done', { rule: 'a', reason: 'x', files: ['p.cpuprofile'] });
  const marks = marksOf([
    done,
    fire,
    one('fire', { rule: 'b', reason: 'y' }),
    done,
    one('done', { rule: 'a', reason: 'finished for one that died' }),
    fire,
    one('skip', { rule: 'a', reason: 'cooldown' }),
    one('stuck', { verdict: 'spin() has run', files: ['q.cpuprofile'] }),
    one('crash', { verdict: 'process 3 died' }),
    one('stop'),
  ]);
  assert.deepEqual(
    marks.map(({ kind, text, capture }) => [kind, text, capture]),
    [
      ['done', 'rule a: x', captureId('p.cpuprofile')],
      ['fire', 'rule a: x', captureId('p.cpuprofile')],
      ['fire', 'rule b: y', null],
      ['done', 'rule a: finished for one that died', null],
      ['fire', 'rule a: x', null],
      ['skip', 'rule a skipped: cooldown', null],
      ['stuck', 'spin() has run', captureId('q.cpuprofile')],
      ['crash', 'process 3 died', null],
    ],
  );
});
