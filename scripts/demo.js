'use strict';

// `npm run demo`: sets everything up, starts the leaking room server of examples/, loads it over HTTP,
// and takes a CPU profile, an allocation profile and a heap snapshot of it while it serves.

const { fork } = require('node:child_process');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const { fileURLToPath } = require('node:url');

const { setUp } = require('./setup.js');
const { Load, request } = require('./support/load.js');
const { root } = require('./support/run.js');
const { table, left, right, size, milliseconds, percent } = require('./support/table.js');

const RATE = 300;
const WARM_UP_MS = 3000;
const QUIET_MS = 3000;
const PROFILE_SECONDS = 4;
const ROWS = 12;

const CAPTURES = [
  { title: 'CPU profile', route: `/captures/cpu-profile?seconds=${PROFILE_SECONDS}` },
  { title: 'allocation profile', route: `/captures/heap-profile?seconds=${PROFILE_SECONDS}` },
  { title: 'heap snapshot', route: '/captures/heap-snapshot' },
];

async function main() {
  await setUp();
  const server = await startServer();
  try {
    await demonstrate(server.port);
  } finally {
    server.child.disconnect();
  }
}

function startServer() {
  const child = fork(path.join(root, 'examples', 'room-server', 'server.js'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the room server ended with ${code}`)));
    child.once('message', ({ port }) => resolve({ child, port }));
  });
}

async function demonstrate(port) {
  const { name, reason, node, v8 } = await request(port, 'GET', '/backend');
  console.log(
    `\nThe room server runs on Node ${node} (V8 ${v8}), under ${RATE} requests a second.`,
  );
  console.log(`rsprof uses its ${name} back end: ${reason}.\n`);
  const load = new Load(port, { method: 'POST', path: '/rooms', rate: RATE });
  load.start();
  await delay(WARM_UP_MS);
  const quiet = await load.during(() => delay(QUIET_MS));
  const taken = [];
  for (const capture of CAPTURES) {
    const measured = await load.during(() => request(port, 'POST', capture.route));
    taken.push({ ...capture, ...measured });
  }
  const stats = await request(port, 'GET', '/stats');
  await load.stop();
  await show(quiet, taken, stats);
  if (load.failures > 0) throw new Error(`${load.failures} requests failed while rsprof captured`);
}

async function show(quiet, taken, stats) {
  showFiles(taken);
  showCosts(quiet, taken);
  const [cpu, allocation, heap] = taken.map((one) => one.result);
  showClasses(heap);
  showFunctions('Where the CPU time went (CPU profile)', cpu.topFunctions, 'self time', (one) =>
    milliseconds(one.selfMs),
  );
  showFunctions(
    'Who allocates what is still alive (allocation profile)',
    allocation.topFunctions,
    'bytes',
    (one) => size(one.bytes),
  );
  console.log(`The server has ${stats.open} open rooms and still keeps ${stats.kept}.\n`);
  await showVerdicts(taken);
  console.log(
    'Open the files in Chrome DevTools (Memory and Performance panels) after gunzip, or a .cpuprofile.gz in speedscope.',
  );
}

async function showVerdicts(taken) {
  // Built by the set-up, not before.
  const rsprof = require('..');
  console.log('What rsprof says of them (npx rsprof analyze FILE, with --html for a page)');
  for (const { title, result } of taken) {
    const { verdict } = await rsprof.analyze(result.path);
    console.log(`  ${title}: ${verdict}`);
  }
  console.log();
}

function showFiles(taken) {
  console.log('Where the files lie');
  const rows = taken.map(({ title, result }) => [
    title,
    path.relative(root, result.path),
    size(result.bytes),
  ]);
  console.log(`${table([left('capture'), left('file'), right('size')], rows)}\n`);
}

function showCosts(quiet, taken) {
  console.log('What they cost the server');
  const rows = taken.map(({ title, result, worst, median }) => [
    title,
    milliseconds(pauseOf(result)),
    milliseconds(result.durationMs),
    size(result.rawBytes),
    milliseconds(median),
    milliseconds(worst),
  ]);
  rows.unshift([
    '(no capture)',
    '-',
    '-',
    '-',
    milliseconds(quiet.median),
    milliseconds(quiet.worst),
  ]);
  const columns = [
    left('capture'),
    right('pause'),
    right('duration'),
    right('uncompressed'),
    right('median request'),
    right('slowest request'),
  ];
  console.log(`${table(columns, rows)}\n`);
}

/** How long the JS thread stood still, in milliseconds. */
function pauseOf(result) {
  return result.pauseMs ?? result.startMs + result.stopMs;
}

function showClasses(heap) {
  console.log(`What fills the heap (heap snapshot, ${heap.nodeCount} objects)`);
  const rows = heap.topClasses
    .slice(0, ROWS)
    .map((one) => [one.name.slice(0, 50), one.count, size(one.selfSize)]);
  console.log(`${table([left('class'), right('objects'), right('self size')], rows)}\n`);
}

function showFunctions(title, functions, unit, value) {
  console.log(title);
  const rows = functions
    .slice(0, ROWS)
    .map((one) => [one.functionName || '(anonymous)', value(one), percent(one.share), place(one)]);
  console.log(`${table([left('function'), right(unit), right('share'), left('where')], rows)}\n`);
}

function place({ url, lineNumber }) {
  if (url === '') return '';
  const file = url.startsWith('file:') ? path.relative(root, fileURLToPath(url)) : url;
  return lineNumber > 0 ? `${file}:${lineNumber}` : file;
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
