'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { prometheusText } = require('../../lib/http/prometheus.js');
const { INDEX, METRICS, WIDTH } = require('../../lib/watch/metrics.js');
const { parsePrometheus, sampleOf } = require('../support/prometheus.js');

const FACTS = { version: '1.2.3', node: '20.0.0', v8: '11.3', cpuSeconds: 1.5, startedAt: 1.7e12 };

const NOTHING = Object.freeze({
  row: new Float64Array(WIDTH).fill(Number.NaN),
  peaks: {},
  counts: {},
});

/** Each metric has a value of its own. */
function everything() {
  const row = Float64Array.from(METRICS, (_, index) => 2000 + index);
  const of = (keep) =>
    Object.fromEntries(
      METRICS.flatMap((one) => (one.keep === keep ? [[one.name, row[INDEX[one.name]]]] : [])),
    );
  return { row, peaks: of('max'), counts: of('sum') };
}

const WATCHER = {
  rules: [
    { name: 'heap', fired: 3, matches: true, isFiring: false },
    { name: 'cpu', fired: 0, matches: false, isFiring: true },
  ],
  limits: { skipped: { cooldown: 4 } },
  leak: { heap: { leaking: true, bytesPerHour: 7200 }, external: null },
};

const read = (parts) => parsePrometheus(prometheusText({ facts: FACTS, watcher: null, ...parts }));

test('what is known of every metric is told once, in base units', () => {
  const families = read(everything());
  const told = [...families.values()].flatMap(({ samples }) => samples.map(({ value }) => value));
  const left = METRICS.filter(({ name, unit }) => {
    const value = 2000 + INDEX[name];
    return !told.includes(unit === 'ms' || unit === 'time' ? value / 1000 : value);
  });
  // `handles` is the sum of its kinds; a sample has no time of its own.
  assert.deepEqual(
    left.map(({ name }) => name),
    ['time', 'handles'],
  );
  assert.equal(
    sampleOf(families, 'rsprof_heap_space_used_bytes', { space: 'old' }),
    2000 + INDEX.oldSpaceUsed,
  );
  assert.equal(
    sampleOf(families, 'rsprof_gc_pause_seconds_total', { kind: 'mark_sweep' }),
    (2000 + INDEX.markSweepTime) / 1000,
  );
  assert.equal(families.get('rsprof_gc_collections_total').type, 'counter');
  assert.equal(families.get('rsprof_resident_memory_bytes').type, 'gauge');
  for (const name of families.keys()) assert.match(name, /^rsprof_/);
});

test('what is not known is left out, with its head', () => {
  const families = read(NOTHING);
  assert.deepEqual(
    [...families.keys()],
    [
      'rsprof_info',
      'rsprof_cpu_seconds_total',
      'rsprof_start_time_seconds',
      'rsprof_watcher_running',
      'rsprof_operations_running',
    ],
  );
  assert.equal(sampleOf(families, 'rsprof_cpu_seconds_total'), 1.5);
  assert.equal(sampleOf(families, 'rsprof_start_time_seconds'), 1.7e9);
  assert.equal(sampleOf(families, 'rsprof_info', { version: '1.2.3', node: '20.0.0' }), 1);
});

test('rules, leaks, captures and operations', () => {
  const families = read({
    ...NOTHING,
    watcher: WATCHER,
    captures: [
      { kind: 'cpuProfile', outcome: 'done', count: 2 },
      { kind: 'cpuProfile', outcome: 'failed', count: 1 },
    ],
    operations: [{ state: 'running' }, { state: 'done' }, { state: 'running' }],
  });
  assert.equal(sampleOf(families, 'rsprof_watcher_running'), 1);
  assert.equal(sampleOf(families, 'rsprof_rule_fired_total', { rule: 'heap' }), 3);
  assert.equal(sampleOf(families, 'rsprof_rule_fired_total', { rule: 'cpu' }), 0);
  assert.equal(sampleOf(families, 'rsprof_rule_matches', { rule: 'heap' }), 1);
  assert.equal(sampleOf(families, 'rsprof_rule_firing', { rule: 'cpu' }), 1);
  assert.equal(sampleOf(families, 'rsprof_rule_skipped_total', { limit: 'cooldown' }), 4);
  assert.equal(sampleOf(families, 'rsprof_leak_suspected', { memory: 'heap' }), 1);
  assert.equal(sampleOf(families, 'rsprof_leak_suspected', { memory: 'external' }), undefined);
  assert.equal(sampleOf(families, 'rsprof_leak_growth_bytes_per_second', { memory: 'heap' }), 2);
  assert.equal(
    sampleOf(families, 'rsprof_captures_total', { kind: 'cpuProfile', outcome: 'failed' }),
    1,
  );
  assert.equal(sampleOf(families, 'rsprof_operations_running'), 2);
});

test('a name that is no plain text is escaped', () => {
  const odd = 'a"b\\c\nd';
  const watcher = { ...WATCHER, rules: [{ name: odd, fired: 1, matches: true, isFiring: true }] };
  const families = read({ ...NOTHING, watcher });
  assert.equal(families.get('rsprof_rule_fired_total').samples[0].labels.rule, odd);
});

test('a watcher without rules, and without limits that have skipped anything', () => {
  const families = read({
    ...NOTHING,
    watcher: { rules: [], limits: {}, leak: { heap: null, external: null } },
  });
  assert.equal(families.has('rsprof_rule_fired_total'), false);
});

test('the process is told of as it is', () => {
  const families = parsePrometheus(prometheusText({ ...NOTHING, watcher: null }));
  assert.equal(sampleOf(families, 'rsprof_info', { node: process.versions.node }), 1);
  assert.ok(sampleOf(families, 'rsprof_cpu_seconds_total') > 0);
  const began = sampleOf(families, 'rsprof_start_time_seconds');
  assert.ok(Math.abs(began - (Date.now() / 1000 - process.uptime())) < 60);
  const again = parsePrometheus(prometheusText({ ...NOTHING, watcher: null }));
  assert.equal(sampleOf(again, 'rsprof_start_time_seconds'), began);
});

/** The validator would be worth nothing if it took anything. */
const BROKEN = {
  'no last line end': '# HELP a_b x\n# TYPE a_b gauge\na_b 1',
  'a sample before its type': 'a_b 1\n',
  'a name with a dash': '# HELP a-b x\n# TYPE a-b gauge\na-b 1\n',
  'a counter without _total': '# HELP a_b x\n# TYPE a_b counter\na_b 1\n',
  'a gauge with _total': '# HELP a_total x\n# TYPE a_total gauge\na_total 1\n',
  'no base unit': '# HELP a_ms x\n# TYPE a_ms gauge\na_ms 1\n',
  'no number': '# HELP a x\n# TYPE a gauge\na undefined\n',
  'a line within a label': '# HELP a x\n# TYPE a gauge\na{b="c\nd"} 1\n',
  'an unknown escape': '# HELP a x\n# TYPE a gauge\na{b="\\t"} 1\n',
  'an open label': '# HELP a x\n# TYPE a gauge\na{b="c} 1\n',
  'the same twice': '# HELP a x\n# TYPE a gauge\na{b="c"} 1\na{b="c"} 2\n',
  'a family in two places': '# HELP a x\n# TYPE a gauge\na 1\n# HELP a x\n# TYPE a gauge\na 1\n',
  'no help': '# HELP a \n# TYPE a gauge\na 1\n',
  'nothing behind the head': '# HELP a x\n# TYPE a gauge\n',
  'a falling counter': '# HELP a_total x\n# TYPE a_total counter\na_total -1\n',
  'an empty line': '# HELP a x\n# TYPE a gauge\na 1\n\n',
};

for (const [what, text] of Object.entries(BROKEN)) {
  test(`the validator refuses ${what}`, () => assert.throws(() => parsePrometheus(text)));
}
