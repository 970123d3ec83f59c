'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const test = require('node:test');

const { innerSet, setsAsJson } = require('../../lib/label-sets.js');
const { label } = require('../../lib/label.js');
const { RouteLimit, normalPath, routeOf } = require('../../lib/route.js');
const { code } = require('./support.js');

/** Runs a script with the parts of label() at hand, in a process of its own: sets are kept for ever. */
function run(script) {
  const lib = (name) => JSON.stringify(path.join(__dirname, '..', '..', 'lib', name));
  const text = `
    const { innerSet, setsAsJson } = require(${lib('label-sets.js')});
    const recorder = require(${lib('label-recorder.js')});
    const { label } = require(${lib('label.js')});
    ${script}`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', text], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

test('label() answers what the function answers, and hands on its arguments', async () => {
  assert.equal(
    label({ a: 'b' }, (x, y) => x + y, 1, 2),
    3,
  );
  assert.equal(await label({ a: 'b' }, async (x) => x, 4), 4);
  const error = new Error('of the function');
  assert.throws(
    () =>
      label({ a: 'b' }, () => {
        throw error;
      }),
    error,
  );
});

test('wrong arguments are told', () => {
  const refuses = (labels, fn, text) =>
    assert.throws(
      () => label(labels, fn),
      code('INVALID_ARG', ({ message }) => assert.ok(message.includes(text), message)),
    );
  const fn = () => assert.fail('must not run');
  refuses(undefined, fn, 'an object of strings');
  refuses(null, fn, 'null');
  refuses(['a'], fn, 'an object of strings');
  refuses({ route: 7 }, fn, "label 'route' of label() must be a string; got 7");
  refuses({ route: undefined }, fn, 'undefined');
  label({}, () => {});
  refuses(null, fn, 'null');
  refuses([], fn, 'an object of strings');
  refuses({ a: 'b' }, undefined, 'needs a function');
  const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`n${i}`, 'x']));
  refuses(many, fn, 'at most 16');
});

test('sets are made once, whatever the order of the names', () => {
  const set = innerSet(undefined, { route: 'x', tenant: 'y' });
  assert.equal(innerSet(undefined, { tenant: 'y', route: 'x' }), set);
  assert.equal(innerSet(undefined, { route: 'x', tenant: 'y' }), set);
  assert.notEqual(innerSet(undefined, { route: 'x\0tenant\0y' }), set);
  assert.deepEqual(JSON.parse(setsAsJson())[set.id - 1], { route: 'x', tenant: 'y' });
});

test('inner labels are added to outer ones and replace equal names', () => {
  const outer = innerSet(undefined, { route: 'x', tenant: 'y' });
  const inner = innerSet(outer, { route: 'z', step: '1' });
  assert.deepEqual(inner.labels, { route: 'z', tenant: 'y', step: '1' });
  assert.equal(innerSet(outer, {}), outer);
  assert.equal(innerSet(undefined, {}).id, 0);
});

test('long names and values are cut', () => {
  const { labels } = innerSet(undefined, { ['n'.repeat(300)]: 'v'.repeat(300) });
  const [[name, value]] = Object.entries(labels);
  assert.equal(name, `${'n'.repeat(255)}…`);
  assert.equal(value, `${'v'.repeat(255)}…`);
});

test('memory stays bounded: what is too many is (other)', () => {
  const { count, last, names } = run(`
    for (let i = 0; i < 1500; i++) innerSet(undefined, { route: 'r' + i });
    const last = innerSet(undefined, { route: 'r1499', tenant: 't' }).labels;
    for (let i = 0; i < 500; i++) innerSet(undefined, { ['name' + i]: 'x' });
    const names = innerSet(undefined, { name499: 'x' }).labels;
    console.log(JSON.stringify({ count: JSON.parse(setsAsJson()).length, last, names }));`);
  assert.deepEqual(last, { route: '(other)', tenant: '(other)' });
  assert.deepEqual(names, { label: '(other)' });
  assert.equal(count, 1000 + 100 + 1);
});

test('the recorder is told of the current label and of switches, only while a profile runs', () => {
  const { seen, source } = run(`
    const seen = [];
    let source;
    const addon = {
      setLabelSource: (given) => { source = given; seen.push('source'); },
      switchLabel: (outer, inner) => seen.push([outer, inner]),
    };
    label({ a: '1' }, () => {});
    const first = recorder.recordingStarts(addon);
    const second = recorder.recordingStarts(addon);
    const values = [source()];
    label({ a: '1' }, () => {
      values.push(source());
      label({ b: '2' }, () => values.push(source()));
    });
    try { label({ a: '1' }, () => { throw new Error(); }); } catch {}
    first(); first();
    label({ a: '1' }, () => {});
    second();
    label({ a: '1' }, () => {});
    label({ a: '1' }, async () => { await null; values.push(source()); }).then(() => {
      console.log(JSON.stringify({ seen, source: values }));
    });`);
  const pair = [
    [0, 1],
    [1, 0],
  ];
  assert.deepEqual(seen, ['source', [0, 1], [1, 2], [2, 1], [1, 0], ...pair, ...pair]);
  assert.deepEqual(source, [0, 1, 2, 1]);
});

test('paths lose their query and their ids', () => {
  for (const [url, path] of [
    ['/', '/'],
    ['/search?q=1#x', '/search'],
    ['/users/42/orders/7', '/users/:id/orders/:id'],
    ['/o/3f2504e0-4f89-11d3-9a0c-0305e82c3301', '/o/:id'],
    ['/o/507f1f77bcf86cd799439011/', '/o/:id/'],
    ['/faced/v1', '/faced/v1'],
    [`/t/${'x'.repeat(65)}`, '/t/:id'],
    ['http://proxy.example:80/a/1?b', '/a/:id'],
    ['*', '*'],
    ['', '/'],
    ['?x', '/'],
  ]) {
    assert.equal(normalPath(url), path, url);
  }
});

test('what the router found is taken as it is', () => {
  const request = { method: 'GET', url: '/users/42', originalUrl: '/api/users/42' };
  assert.equal(routeOf(request), 'GET /api/users/:id');
  const known = { ...request, baseUrl: '/api', route: { path: '/users/:user' } };
  assert.equal(routeOf(known), 'GET /api/users/:user');
  assert.equal(routeOf({ ...request, routeOptions: { url: '/users/:name' } }), 'GET /users/:name');
  assert.equal(routeOf({ ...request, _matchedRoute: '/users/:koa' }), 'GET /users/:koa');
  assert.equal(routeOf({ ...request, route: { path: /x/ } }), 'GET /api/users/:id');
});

test('at most 500 routes are told apart', () => {
  const limit = new RouteLimit();
  for (let i = 0; i < 500; i++) assert.equal(limit.pass(`r${i}`), `r${i}`);
  assert.equal(limit.pass('r500'), '(other)');
  assert.equal(limit.pass('r499'), 'r499');
});
