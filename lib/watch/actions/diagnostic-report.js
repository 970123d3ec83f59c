'use strict';

/**
 * Node's diagnostic report without what is secret in it: no environment variable, no argument of the
 * program. And without look-ups of names: for each socket Node would ask the name server, one after the
 * other, while the event loop stands still. `excludeNetwork` keeps newer versions from it, but not for the
 * sockets of worker threads (seen up to Node 26); where it does not help the report is one of our own.
 *
 * @module
 */

const os = require('node:os');
const path = require('node:path');
const v8 = require('node:v8');
const { hasWorkers } = require('./worker-census.js');

const HIDDEN = '***';

/** Arguments of Node that carry a program. */
const PROGRAMS = /^(-e|-p|-pe|--eval|--print)$/;

/** A name and password, as in `https://user:password@host`. */
const CREDENTIALS = /(\w+:\/\/)[^/\s@]*@/g;

/** `--name=value` -> `--name=***`; whatever is no name is hidden. */
function hideArgument(text) {
  const name = /^--?[A-Za-z][\w-]*/.exec(text)?.[0];
  if (name === undefined) return HIDDEN;
  return name === text ? text : `${name}=${HIDDEN}`;
}

/** Node's own arguments tell much of its state, such as the size of the heap. */
function hideNodeArgument(text, at, all) {
  if (PROGRAMS.test(all[at - 1]) || text.startsWith('data:')) return HIDDEN;
  return text
    .replace(/^(--eval|--print|--import|--require)=(data:)?.*$/s, (whole, name, data) =>
      data || name === '--eval' || name === '--print' ? `${name}=${HIDDEN}` : whole,
    )
    .replace(CREDENTIALS, `$1${HIDDEN}@`);
}

/** The command line: Node's arguments, the script, and of its arguments only the names. */
function commandLine({ execPath, execArgv, argv }) {
  const own = execArgv.map(hideNodeArgument);
  const isScript = argv[1] !== undefined && path.isAbsolute(argv[1]);
  const hasScript = isScript && !execArgv.some((text) => /^(-p?e|-p|--eval|--print)\b/.test(text));
  const script = hasScript ? [argv[1]] : [];
  const rest = argv.slice(hasScript ? 2 : 1).map(hideArgument);
  return [execPath, ...own, ...script, ...rest];
}

/** Node.js from which on `excludeNetwork` keeps the report from looking up names. */
const QUIET_SINCE = Object.freeze({ 20: 19, 22: 13, 23: 3 });

function isQuiet(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  return major >= 24 || minor >= (QUIET_SINCE[major] ?? Infinity);
}

/** Node's report with that of the network left out, where Node can. */
function fullReport(network) {
  const { report } = process;
  const before = report.excludeNetwork;
  if (!network) report.excludeNetwork = true;
  try {
    return report.getReport();
  } finally {
    if (!network) report.excludeNetwork = before;
  }
}

/** What a Node whose report looks up names can tell without: same form, fewer sections. */
function briefReport() {
  const {
    used_heap_size: used,
    total_heap_size: total,
    heap_size_limit: limit,
    ...more
  } = v8.getHeapStatistics();
  const names = process.getActiveResourcesInfo?.() ?? [];
  const handles = {};
  for (const name of names) handles[name] = (handles[name] ?? 0) + 1;
  return {
    header: {
      event: 'JavaScript API',
      trigger: 'rsprof',
      dumpEventTime: new Date().toISOString(),
      processId: process.pid,
      cwd: process.cwd(),
      nodejsVersion: process.version,
      arch: process.arch,
      platform: process.platform,
      componentVersions: process.versions,
      osName: os.type(),
      osRelease: os.release(),
      cpus: os.cpus().map(({ model, speed }) => ({ model, speed })),
      host: os.hostname(),
    },
    javascriptHeap: {
      usedMemory: used,
      totalMemory: total,
      memoryLimit: limit,
      ...more,
      heapSpaces: v8.getHeapSpaceStatistics(),
    },
    resourceUsage: process.resourceUsage(),
    memoryUsage: process.memoryUsage(),
    activeResources: handles,
  };
}

/** Without secrets, its own and those of the reports of workers in it. */
function clean({ environmentVariables, ...report }, network) {
  const header = { ...report.header, commandLine: commandLine(process) };
  if (!network) delete header.networkInterfaces;
  const workers = report.workers?.map((worker) => clean(worker, network));
  return workers ? { ...report, header, workers } : { ...report, header };
}

/**
 * @param {object} [how]
 * @param {boolean} [how.network] with network interfaces and the names of the hosts at the other end:
 *   that may take minutes
 * @param {boolean} [how.quiet] whether Node can do without look-ups here
 * @returns {{ report: object, isBrief: boolean }} `isBrief`: Node's own would have looked up names
 */
function diagnosticReport({ network = false, quiet = isQuiet() && !hasWorkers() } = {}) {
  const isBrief = !network && !quiet;
  const report = isBrief ? briefReport() : fullReport(network);
  return { report: clean(report, network), isBrief };
}

module.exports = { commandLine, diagnosticReport, isQuiet };
