'use strict';

const assert = require('node:assert/strict');
const diagnosticsChannel = require('node:diagnostics_channel');
const { test } = require('node:test');
const { CaptureTally } = require('../../lib/http/capture-tally.js');
const { healthReport } = require('../../lib/http/health.js');
const { statusReport } = require('../../lib/http/status-report.js');
const { RsprofError } = require('../../lib/errors.js');
const { announceWatcher } = require('../../lib/watch/current.js');

const RULE = { name: 'heap', when: 'rss > 1GB', matches: false, isFiring: false, fired: 0 };

const WATCHER = Object.freeze({
  running: true,
  dryRun: false,
  dir: '/srv/secret/captures',
  startedAt: '2025-01-01T00:00:00.000Z',
  blackbox: '/srv/secret/captures/blackbox-1',
  rules: [RULE],
  leak: { heap: null, external: null },
  limits: {
    admitted: 2,
    skipped: { disk: 1 },
    last: {
      heap: { limit: 'disk', reason: '/srv/secret/captures has 3 MB left', until: 5, at: 4 },
    },
    problems: [{ at: 1, text: 'cannot write /srv/secret/captures/rsprof-ledger.json' }],
  },
});

function liveOf(watcher) {
  return { watcher: () => watcher, thresholds: () => [{ metric: 'rss' }], marks: () => [] };
}

function report(parts = {}) {
  return statusReport({
    live: liveOf(null),
    access: 'token',
    can: { act: true, download: false, simple: false },
    maxSeconds: 300,
    kinds: [{ kind: 'report', route: 'report', available: true, reason: null }],
    operations: [],
    describe: () => ({ name: 'native', reason: 'all is well', v8: '1', node: '2' }),
    ...parts,
  });
}

test('the status of a process that nobody watches', () => {
  const status = report();
  assert.deepEqual(status.backend, { name: 'native', reason: 'all is well' });
  assert.equal(status.version, require('../../package.json').version);
  assert.equal(status.pid, process.pid);
  assert.equal(status.watcher, null);
  assert.equal(status.access, 'token');
  assert.deepEqual(status.can, { act: true, download: false, simple: false });
  assert.equal(status.maxSeconds, 300);
  assert.equal(status.kinds[0].kind, 'report');
  assert.deepEqual(status.thresholds, [{ metric: 'rss' }]);
  assert.deepEqual(status.languages, ['en', 'zh']);
  assert.ok(status.uptime >= 0 && Number.isInteger(status.uptime));
  assert.deepEqual(JSON.parse(JSON.stringify(status)), status);
});

test('of a watcher what a client needs, and no folder', () => {
  const { watcher } = report({ live: liveOf(WATCHER) });
  assert.equal(watcher.running, true);
  assert.deepEqual(watcher.rules, [RULE]);
  assert.equal(watcher.limits.admitted, 2);
  assert.equal(watcher.limits.last.heap.reason, '(dir) has 3 MB left');
  assert.doesNotMatch(JSON.stringify(watcher), /secret|blackbox/);
  const bare = report({ live: liveOf({ ...WATCHER, limits: {} }) });
  assert.deepEqual(bare.watcher.limits, { last: {}, problems: [] });
});

test('where no back end serves, the status says why', () => {
  const describe = () => {
    throw new RsprofError('ERR_RSPROF_UNAVAILABLE', 'no backend of rsprof works here');
  };
  assert.deepEqual(report({ describe }).backend, {
    name: null,
    reason: 'no backend of rsprof works here',
  });
  const broken = () => {
    throw new TypeError('a mistake');
  };
  assert.throws(() => report({ describe: broken }), TypeError);
});

test('health: whether something is captured, and somebody watches', () => {
  const { uptime, ...rest } = healthReport();
  assert.deepEqual(rest, { status: 'ok', capturing: false, watching: false });
  assert.ok(Number.isInteger(uptime));
  assert.equal(healthReport({ operations: [{ state: 'done' }] }).capturing, false);
  assert.equal(healthReport({ operations: [{ state: 'running' }] }).capturing, true);
  const watching = (isFiring) => ({ status: () => ({ rules: [RULE, { ...RULE, isFiring }] }) });
  for (const isFiring of [false, true]) {
    const leave = announceWatcher(watching(isFiring));
    const { capturing, watching: isWatching } = healthReport();
    leave();
    assert.deepEqual({ capturing, isWatching }, { capturing: isFiring, isWatching: true });
  }
});

test('captures are counted by how they ended, until nobody wants to know', () => {
  const channel = diagnosticsChannel.channel('rsprof:capture');
  const had = channel.hasSubscribers;
  const tally = new CaptureTally();
  const aborted = { code: 'ERR_RSPROF_ABORTED' };
  channel.publish({ phase: 'start', kind: 'cpuProfile' });
  channel.publish({ phase: 'end', kind: 'cpuProfile' });
  channel.publish({ phase: 'end', kind: 'cpuProfile' });
  channel.publish({ phase: 'error', kind: 'cpuProfile', error: aborted });
  channel.publish({ phase: 'error', kind: 'heapSnapshot', error: { code: 'ERR_RSPROF_IO' } });
  const counts = [
    { kind: 'cpuProfile', outcome: 'done', count: 2 },
    { kind: 'cpuProfile', outcome: 'cancelled', count: 1 },
    { kind: 'heapSnapshot', outcome: 'failed', count: 1 },
  ];
  assert.deepEqual(tally.counts(), counts);
  tally.close();
  tally.close();
  channel.publish({ phase: 'end', kind: 'cpuProfile' });
  assert.deepEqual(tally.counts(), counts);
  assert.equal(channel.hasSubscribers, had);
});
