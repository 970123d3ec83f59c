'use strict';

/**
 * The table of routes: what there is, what each takes, and what it does. See docs/profiler.md.
 *
 * @module
 */

const captures = require('./handlers/captures.js');
const explorer = require('./handlers/explorer.js');
const live = require('./handlers/live.js');
const operations = require('./handlers/operations.js');
const page = require('./handlers/page.js');
const simple = require('./handlers/simple.js');
const { choice, flag, integer, line, matching } = require('./query.js');

/**
 * @typedef {object} Route
 * @property {string} method GET is also for HEAD
 * @property {string} path below the mount; `:name` is any part
 * @property {(call: import('./call.js').Call) => unknown} handler
 * @property {Record<string, import('./query.js').Field>} [query] parameters it takes
 * @property {boolean} [acts] starts, ends or removes something: must be deliberate
 * @property {boolean} [downloads] gives a file away
 * @property {boolean} [reveals] shows what is in one; like a download where there are to be none
 * @property {string} [action] for the audit
 */

const SIZES = { offset: integer(0, 2 ** 40), limit: integer(1, 1000) };
const SEARCH = { search: line(500) };
const ID = matching(/^[\w-]{1,64}$/, 'an id');

/** Checked by lib/http/capture-kinds.js, which knows what each kind takes. */
const CAPTURE = {
  seconds: line(30),
  reason: line(200),
  redact: line(30),
  interval: line(30),
  includeCollected: line(30),
};

const get = (path, handler, more) => ({ method: 'GET', path, handler, ...more });

/** What shows the inside of a capture. */
const look = (path, handler, more) => get(path, handler, { reveals: true, ...more });

/** What acts, in the audit under a name. */
const act = (method, path, action, handler, more) => ({
  method,
  path,
  action,
  handler,
  acts: true,
  ...more,
});

const PAGE = [get('/', page.page, { query: { lang: line(20) } }), get('/assets/:name', page.asset)];

const LIVE = [
  get('/health', live.health),
  get('/metrics', live.metrics),
  get('/status', live.status),
  get('/forecast', live.forecast),
  get('/readings', live.readings, { query: { window: line(20) } }),
  get('/events', live.events),
];

const OPERATIONS = [
  act('POST', '/captures/:kind', 'capture', operations.capture, { query: CAPTURE }),
  get('/operations', operations.list),
  get('/operations/:id', operations.get),
  get('/operations/:id/events', operations.events),
  act('DELETE', '/operations/:id', 'cancel', operations.cancel),
  act('POST', '/operations/:id/stop', 'stop', operations.stop),
];

const CAPTURES = [
  get('/captures', captures.list),
  get('/captures/:id', captures.get),
  act('DELETE', '/captures/:id', 'remove', captures.remove),
  get('/captures/:id/file', captures.file, {
    query: { raw: flag() },
    downloads: true,
    action: 'download',
  }),
  get('/captures/:id/export/:format', captures.exported, { downloads: true, action: 'export' }),
];

const EXPLORER = [
  act('POST', '/captures/:id/analysis', 'analysis', explorer.analyze),
  look('/captures/:id/analysis', explorer.analysis),
  look('/captures/:id/report', explorer.fragment, { query: { lang: choice(['en', 'zh'], 'en') } }),
  look('/captures/:id/flame', explorer.flame),
  look('/captures/:id/objects/:object', explorer.inspect, { query: { limit: SIZES.limit } }),
  look('/captures/:id/objects', explorer.objects, { query: { class: line(2000), ...SIZES } }),
  look('/captures/:id/classes', explorer.classes, {
    query: { ...SEARCH, sort: matching(/^-?\w{1,30}$/, 'the name of a column'), ...SIZES },
  }),
  look('/captures/:id/dominators', explorer.dominators, {
    query: { object: integer(0, 2 ** 49), ...SIZES },
  }),
  act('POST', '/comparisons', 'comparison', explorer.compare, { query: { before: ID, after: ID } }),
  look('/comparisons/:id', explorer.comparison),
];

const ROUTES = [...PAGE, ...LIVE, ...OPERATIONS, ...CAPTURES, ...EXPLORER];

/** Go's tools send these too; they mean nothing here. */
const OF_GO = { debug: line(10), gc: line(10) };

/** One GET that answers when the profile is done: rsprof's names, and those of Go below `/debug/pprof` too. */
const SIMPLE = [
  ['/heap-snapshot', 'heap-snapshot'],
  ['/cpu-profile', 'cpu-profile'],
  ['/heap-profile', 'heap-profile'],
  ['/profile', 'profile'],
  ['/heap', 'heap'],
  ['/allocs', 'allocs'],
  ['/debug/pprof/profile', 'profile'],
  ['/debug/pprof/heap', 'heap'],
  ['/debug/pprof/allocs', 'allocs'],
].map(([path, name]) =>
  act('GET', path, 'capture', simple.take(name), {
    query: { ...CAPTURE, ...OF_GO },
    downloads: true,
  }),
);

/**
 * @param {{ simple: boolean }} settings of `profiler()`
 * @returns {Route[]}
 */
function routesFor(settings) {
  return settings.simple ? [...ROUTES, ...SIMPLE] : ROUTES;
}

module.exports = { ROUTES, SIMPLE, routesFor };
