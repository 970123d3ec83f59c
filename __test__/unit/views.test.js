'use strict';

/** The parts of the views that need no browser. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { points } = require('../../web/view-comparison.js');
const { answer } = require('../../web/view-histogram.js');
const { Source, Task } = require('../../web/view-source.js');
const en = require('../../web/texts-views-en.js');
const zh = require('../../web/texts-views-zh.js');

const WEB = path.join(__dirname, '..', '..', 'web');

const views = fs.readdirSync(WEB).filter((name) => /^views?(-[\w-]+)?\.js$/.test(name));

const sources = views.map((name) => fs.readFileSync(path.join(WEB, name), 'utf8')).join('\n');

test('both languages say the same things, with the same values', () => {
  assert.deepEqual(Object.keys(zh), Object.keys(en));
  const values = (text) => (text.match(/\{\w+/g) ?? []).sort();
  for (const [key, text] of Object.entries(en)) {
    assert.notEqual(zh[key].trim(), '', key);
    assert.deepEqual(values(zh[key]), values(text), key);
  }
});

test('every text that is asked for is there, and every text is asked for', () => {
  const asked = [...sources.matchAll(/'(v\.[\w.]+)'/g)].map(([, key]) => key);
  for (const key of asked) assert.ok(Object.hasOwn(en, key), key);
  // By the lists of an inspection, and by how files were matched.
  const made = ['v.retainers', 'v.properties', 'v.dominated', 'v.by.id', 'v.by.class'];
  for (const key of made) assert.ok(Object.hasOwn(en, key), key);
  const unused = Object.keys(en).filter((key) => !asked.includes(key) && !made.includes(key));
  assert.deepEqual(unused, []);
});

const done = { id: 'op', state: 'done' };

/** A server that has the file open until it is told to close it. */
class Server {
  isOpen = false;
  hasReport = false;
  log = [];

  async post(path) {
    this.log.push(`POST ${path}`);
    this.isOpen = this.hasReport = true;
    return { ...done, state: 'running' };
  }

  async operation(_, onChange) {
    onChange({ ...done, state: 'running', percent: 50 });
    await null;
    return done;
  }

  async get(path) {
    this.log.push(`GET ${path}`);
    const isKept = /analysis$|report/.test(path);
    if (isKept && !this.hasReport) throw Object.assign(new Error('none'), { status: 404 });
    const error = { status: 409, code: 'ERR_RSPROF_NOT_OPEN' };
    if (!isKept && !this.isOpen) throw Object.assign(new Error('closed'), error);
    return path;
  }
}

const { signal } = new AbortController();

const sourceOf = (api, analyzed = false) =>
  new Source({ capture: { id: 'A', analyzed }, api, signal });

const POST = 'POST captures/A/analysis';

test('a file is opened once, however many ask', async () => {
  const server = new Server();
  const source = sourceOf(server);
  const answers = await Promise.all([
    source.kept('analysis'),
    source.ask('classes?a'),
    source.ask('b'),
  ]);
  assert.deepEqual(answers, ['captures/A/analysis', 'captures/A/classes?a', 'captures/A/b']);
  assert.equal(server.log.filter((one) => one === POST).length, 1);
});

test('a file that was closed meanwhile is opened again, once', async () => {
  const server = new Server();
  const source = sourceOf(server);
  await source.ask('a');
  server.isOpen = false;
  await Promise.all([source.ask('b'), source.ask('c')]);
  assert.equal(server.log.filter((one) => one === POST).length, 2);
  await source.ask('d');
  assert.equal(server.log.filter((one) => one === POST).length, 2);
});

test('a report that is kept needs no opening; one that is gone does', async () => {
  const server = new Server();
  server.hasReport = true;
  assert.equal(await sourceOf(server, true).kept('report'), 'captures/A/report');
  assert.deepEqual(server.log, ['GET captures/A/report']);
  server.hasReport = false;
  assert.equal(await sourceOf(server, true).kept('report'), 'captures/A/report');
  assert.deepEqual(server.log.slice(1), ['GET captures/A/report', POST, 'GET captures/A/report']);
});

test('other failures are told as they are, and not tried again', async () => {
  const server = new Server();
  server.get = async () => {
    throw Object.assign(new Error('no such object'), { status: 400 });
  };
  await assert.rejects(sourceOf(server).ask('objects/7'), /^Error: no such object$/);
  assert.deepEqual(server.log, [POST]);
});

test('an operation that ends badly says why; the next question starts a new one', async () => {
  const server = new Server();
  const ends = [
    { ...done, state: 'failed', error: { code: 'ERR_RSPROF_BUDGET', message: 'too big' } },
  ];
  ends.push({ ...done, state: 'cancelled', error: null }, done);
  server.operation = async () => ends.shift();
  const source = sourceOf(server);
  await assert.rejects(source.ask('a'), { message: 'too big', code: 'ERR_RSPROF_BUDGET' });
  await assert.rejects(source.ask('a'), { isCancelled: true });
  assert.equal(await source.ask('a'), 'captures/A/a');
  assert.equal(source.task.operation, undefined);
});

test('whoever listens sees the operation come, grow and go', async () => {
  const task = new Task(new Server(), signal);
  const seen = [];
  task.addEventListener('change', () =>
    seen.push(task.operation?.percent ?? task.operation?.state),
  );
  await task.run('captures/A/analysis');
  assert.deepEqual(seen, ['running', 50, undefined]);
});

test('a histogram is searched in any case, sorted, and cut to a page', () => {
  const classes = ['Room', 'array', 'Map', 'roomKey'].map((name, count) => ({ name, count }));
  const names = (query) => {
    const whole = { search: '', order: 'count', offset: 0, limit: 10, ...query };
    const { total, rows } = answer(classes, whole);
    return [total, ...rows.map(({ name }) => name)];
  };
  assert.deepEqual(names({}), [4, 'roomKey', 'Map', 'array', 'Room']);
  assert.deepEqual(names({ search: 'ROOM' }), [2, 'roomKey', 'Room']);
  assert.deepEqual(names({ order: 'name', offset: 1, limit: 2 }), [4, 'Map', 'Room']);
});

test('a change of shares is in percentage points, with its sign', () => {
  assert.deepEqual([0.688, -0.5634, 0.0001, -0.0001, 0].map(points), [
    '+68.8',
    '-56.3',
    '0.0',
    '0.0',
    '0.0',
  ]);
});

test('nothing in the views makes HTML of a string, but for the report, of which scripts are no part', () => {
  assert.doesNotMatch(
    sources,
    /innerHTML|outerHTML|insertAdjacentHTML|srcdoc|\beval\b|setAttribute\('style/,
  );
  assert.equal(sources.match(/DOMParser/g).length, 1);
});
