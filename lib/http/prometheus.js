'use strict';

/**
 * The answer of `/metrics`: Prometheus text, version 0.0.4. Base units (bytes, seconds, ratios of 1), `_total` for
 * what only rises; what is not known is left out.
 *
 * Format: https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 * @module
 */

const { INDEX, METRICS } = require('../watch/metrics.js');

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const TEXTS = new Map(METRICS.map(({ name, text }) => [name, text]));

/** By what a number is divided to be in base units. */
const DIVISORS = new Map(
  METRICS.map(({ name, unit }) => [name, /^(ms|time)$/.test(unit) ? 1000 : 1]),
);

/** Metrics that are told as they were read last: name in Prometheus and here. */
const NEWEST = Object.freeze({
  resident_memory_bytes: 'rss',
  memory_used_bytes: 'memoryUsed',
  memory_limit_bytes: 'memoryLimit',
  cpu_ratio: 'cpu',
  thread_cpu_ratio: 'threadCpu',
  open_fds: 'fds',
  max_fds: 'fdLimit',
  disk_free_bytes: 'diskFree',
  disk_size_bytes: 'diskTotal',
  heap_used_bytes: 'heapUsed',
  heap_reserved_bytes: 'heapTotal',
  heap_limit_bytes: 'heapLimit',
  heap_floor_bytes: 'heapFloor',
  heap_floor_timestamp_seconds: 'floorTime',
  external_memory_bytes: 'external',
  external_floor_bytes: 'externalFloor',
  array_buffers_bytes: 'arrayBuffers',
  malloced_memory_bytes: 'malloced',
  native_contexts: 'nativeContexts',
  detached_contexts: 'detachedContexts',
  event_loop_utilization_ratio: 'eventLoopUtilization',
  timers: 'timers',
  http_requests_in_flight: 'requestsInFlight',
  http_requests_per_second: 'requestRate',
  http_request_duration_mean_seconds: 'requestLatency',
});

/** Those of which the greatest of the last minute is told: a single second says little. */
const GREATEST = Object.freeze({
  gc_pause_max_seconds: 'gcPause',
  event_loop_delay_p99_seconds: 'eventLoopDelay',
  event_loop_delay_max_seconds: 'eventLoopDelayMax',
  http_request_duration_p99_seconds: 'requestLatencyP99',
});

/** Several of a kind under one name: label, and its values by metric. */
const LABELLED = Object.freeze([
  {
    name: 'heap_space_used_bytes',
    help: 'spaces of the heap of V8, in use',
    label: 'space',
    metrics: {
      new: 'newSpaceUsed',
      old: 'oldSpaceUsed',
      code: 'codeSpaceUsed',
      large_object: 'largeObjectSpaceUsed',
      other: 'otherSpaceUsed',
    },
  },
  {
    name: 'heap_space_reserved_bytes',
    help: 'spaces of the heap of V8, reserved',
    label: 'space',
    metrics: {
      new: 'newSpaceSize',
      old: 'oldSpaceSize',
      code: 'codeSpaceSize',
      large_object: 'largeObjectSpaceSize',
      other: 'otherSpaceSize',
    },
  },
  {
    name: 'handles',
    help: 'active handles of the event loop',
    label: 'kind',
    metrics: {
      tcp: 'tcpHandles',
      udp: 'udpHandles',
      pipe: 'pipeHandles',
      process: 'processHandles',
      file_watch: 'fileWatchHandles',
      other: 'otherHandles',
    },
  },
]);

/** Sums: label, and its values by metric. */
const SUMS = Object.freeze([
  {
    name: 'gc_collections_total',
    help: 'garbage collections since rsprof reads',
    metrics: { scavenge: 'scavenges', mark_sweep: 'markSweeps', other: 'otherGcs' },
  },
  {
    name: 'gc_pause_seconds_total',
    help: 'pauses of garbage collections since rsprof reads',
    metrics: { scavenge: 'scavengeTime', mark_sweep: 'markSweepTime', other: 'otherGcTime' },
  },
]);

const escapeHelp = (text) => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
const escapeLabel = (text) => escapeHelp(String(text)).replace(/"/g, '\\"');

/** 9.99e21 is written so, too; what is endless has names of its own. */
function spell(value) {
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}

function labelText(labels) {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

/** One metric with its samples, `[labels, value]`; no text where nothing is known. */
function family(name, type, help, samples) {
  const known = samples.filter(([, value]) => typeof value === 'number' && !Number.isNaN(value));
  if (known.length === 0) return '';
  const lines = known.map(
    ([labels, value]) => `rsprof_${name}${labelText(labels)} ${spell(value)}`,
  );
  const head = [`# HELP rsprof_${name} ${escapeHelp(help)}`, `# TYPE rsprof_${name} ${type}`];
  return `${[...head, ...lines].join('\n')}\n`;
}

const inBase = (metric, value) => value / DIVISORS.get(metric);

const one = (value) => [[{}, value]];

function gauges(table, { of, more = '' }) {
  return Object.entries(table).map(([name, metric]) =>
    family(name, 'gauge', TEXTS.get(metric) + more, one(inBase(metric, of(metric)))),
  );
}

function labelled({ name, help, label, metrics }, type, of) {
  const samples = Object.entries(metrics).map(([value, metric]) => [
    { [label]: value },
    inBase(metric, of(metric)),
  ]);
  return family(name, type, help, samples);
}

function ofReadings({ row, peaks, counts }) {
  const newest = (metric) => row[INDEX[metric]];
  return [
    ...gauges(NEWEST, { of: newest }),
    ...gauges(GREATEST, { of: (metric) => peaks[metric], more: '; greatest of the last minute' }),
    ...LABELLED.map((table) => labelled(table, 'gauge', newest)),
    ...SUMS.map((table) =>
      labelled({ ...table, label: 'kind' }, 'counter', (metric) => counts[metric]),
    ),
  ];
}

/** What the process has had since it began, whoever looked. */
function ofProcess({ version, node, v8, cpuSeconds, startedAt }) {
  return [
    family('info', 'gauge', 'what runs; always 1', [[{ version, node, v8 }, 1]]),
    family('cpu_seconds_total', 'counter', 'CPU time of the process', one(cpuSeconds)),
    family('start_time_seconds', 'gauge', 'when the process began', one(startedAt / 1000)),
  ];
}

function ofLeaks({ heap, external }) {
  const samples = (value) =>
    Object.entries({ heap, external }).map(([memory, verdict]) => [
      { memory },
      verdict ? value(verdict) : Number.NaN,
    ]);
  const growth = 'growth of what full collections leave, beside what the load explains';
  return [
    family(
      'leak_suspected',
      'gauge',
      'whether memory leaks: 1, else 0',
      samples(({ leaking }) => Number(leaking)),
    ),
    family(
      'leak_growth_bytes_per_second',
      'gauge',
      growth,
      samples(({ bytesPerHour }) => bytesPerHour / 3600),
    ),
  ];
}

function ofRules({ rules, limits }) {
  const byRule = (value) => rules.map((rule) => [{ rule: rule.name }, value(rule)]);
  const skipped = Object.entries(limits.skipped ?? {}).map(([limit, count]) => [{ limit }, count]);
  return [
    family(
      'rule_fired_total',
      'counter',
      'firings of each rule since the watcher began',
      byRule(({ fired }) => fired),
    ),
    family(
      'rule_matches',
      'gauge',
      'whether the condition of a rule holds: 1, else 0',
      byRule(({ matches }) => Number(matches)),
    ),
    family(
      'rule_firing',
      'gauge',
      'whether the actions of a rule run: 1, else 0',
      byRule(({ isFiring }) => Number(isFiring)),
    ),
    family('rule_skipped_total', 'counter', 'firings that a limit did not let', skipped),
  ];
}

function ofWatcher(watcher) {
  const isRunning = family(
    'watcher_running',
    'gauge',
    'whether rules are watched: 1, else 0',
    one(watcher ? 1 : 0),
  );
  return watcher ? [isRunning, ...ofRules(watcher), ...ofLeaks(watcher.leak)] : [isRunning];
}

function ofCaptures(captures, operations) {
  const running = operations.filter(({ state }) => state === 'running').length;
  return [
    family(
      'captures_total',
      'counter',
      'captures of this thread since its profiler was first asked, by how they ended',
      captures.map(({ kind, outcome, count }) => [{ kind, outcome }, count]),
    ),
    family('operations_running', 'gauge', 'captures and analyses that run', one(running)),
  ];
}

/** By the clock of when it was first asked: computed anew it would tremble. */
let startedAt;

/** What of this process needs no reader. */
function processFacts() {
  const { user, system } = process.cpuUsage();
  startedAt ??= Math.round(Date.now() - process.uptime() * 1000);
  return {
    version: require('../version.js'),
    node: process.versions.node,
    v8: process.versions.v8,
    cpuSeconds: (user + system) / 1e6,
    startedAt,
  };
}

/**
 * @param {object} scrape of `Live.scrape()`
 * @param {Float64Array} scrape.row @param {Record<string, number>} scrape.peaks
 * @param {Record<string, number>} scrape.counts @param {object|null} scrape.watcher
 * @param {{ kind: string, outcome: string, count: number }[]} [scrape.captures] of `CaptureTally.counts()`
 * @param {{ state: string }[]} [scrape.operations]
 * @param {object} [scrape.facts] of the process, for tests
 * @returns {string}
 */
function prometheusText({ captures = [], operations = [], facts = processFacts(), ...scrape }) {
  return [
    ...ofProcess(facts),
    ...ofReadings(scrape),
    ...ofWatcher(scrape.watcher),
    ...ofCaptures(captures, operations),
  ].join('');
}

module.exports = { CONTENT_TYPE, prometheusText };
