// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are what is read

'use strict';

/** Actions as the user writes them: what is taken, and that each message names its field. */

const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { inspect } = require('node:util');
const { pathToFileURL } = require('node:url');
const { readAction, readActions } = require('../../lib/watch/actions.js');
const { WHERE } = require('./actions-support.js');
const { code } = require('./support.js');

const URL_OF_HOOK = 'https://user@example.org/services/T00/sesame?key=opensaysme';

function refuses(actions, ...texts) {
  const isTold = ({ message }) => {
    for (const text of texts) assert.ok(message.includes(text), message);
    assert.ok(message.startsWith(`${WHERE}`), message);
    assert.ok(!message.includes('sesame'), message);
  };
  assert.throws(() => readActions(actions, WHERE), code('INVALID_ARG', isTold));
}

test('a name, an object and a function; ids are the types, numbered', () => {
  const fn = () => {};
  const hook = { type: 'webhook', url: URL_OF_HOOK };
  const actions = readActions(
    ['heapSnapshot', 'analyze', { type: 'cpuProfile' }, fn, 'heapSnapshot', hook],
    WHERE,
  );
  assert.deepEqual(
    actions.map(({ type, id }) => [type, id]),
    [
      ['heapSnapshot', 'heapSnapshot'],
      ['analyze', 'analyze'],
      ['cpuProfile', 'cpuProfile'],
      ['call', 'call'],
      ['heapSnapshot', 'heapSnapshot-2'],
      ['webhook', 'webhook'],
    ],
  );
  assert.equal(actions[3].settings.fn, fn);
  for (const { settings } of actions) assert.equal(settings.onFailure, 'continue');
});

test('an id of the user is kept, and no default takes it', () => {
  const actions = readActions(['heapSnapshot', { type: 'report', id: 'heapSnapshot' }], WHERE);
  assert.deepEqual(
    actions.map(({ id }) => id),
    ['heapSnapshot-2', 'heapSnapshot'],
  );
  refuses(
    [{ type: 'report', id: 'a' }, 'report', { type: 'report', id: 'a' }],
    '[2].id',
    "'a'",
    '[0]',
  );
  for (const id of ['', '1', 'a.b', '__proto__', 'x'.repeat(65)])
    refuses([{ type: 'report', id }], '[0].id must be');
});

test('defaults', () => {
  const settings = (type, more) => readAction({ type, ...more }, WHERE).settings;
  assert.equal(settings('cpuProfile').options.seconds, 10);
  assert.equal(settings('heapProfile').options.seconds, 30);
  assert.equal(settings('heapProfile').timeout, 90);
  assert.equal(settings('cpuProfile', { seconds: 600 }).timeout, 660);
  assert.deepEqual(settings('heapSnapshot').options, {});
  assert.equal(settings('diff').with, 'last');
  assert.equal(settings('diff', { with: 'a.heapsnapshot' }).with, path.resolve('a.heapsnapshot'));
  const url = pathToFileURL('/tmp/last');
  assert.equal(settings('diff', { with: url }).with, '/tmp/last');
});

test('the options of a capture are those of the call, less what a rule decides', () => {
  const options = {
    strategy: 'inline',
    compression: 'none',
    redact: 'strings',
    budget: { seconds: 9 },
    queue: false,
  };
  const { settings } = readAction({ type: 'heapSnapshot', ...options }, WHERE);
  const budget = { seconds: 9, memory: undefined, pauseSeconds: 10 };
  assert.deepEqual(settings.options, { ...options, budget });
  for (const name of ['path', 'dir', 'overwrite', 'signal', 'onProgress', 'analyze', 'reason']) {
    refuses(
      [{ type: 'heapSnapshot', [name]: 'x' }],
      `[0].${name} is not known; heapSnapshot takes `,
      'strategy',
    );
  }
  refuses([{ type: 'cpuProfile', strategy: 'inline' }], '[0].strategy is not known');
});

test('what is no action', () => {
  for (const value of [undefined, null, 'heapSnapshot', {}, []])
    refuses(value, 'must be an array of 1 to 50 actions');
  refuses(Array(51).fill('report'), '51 of them');
  for (const value of [undefined, null, 7, [], Symbol('x')])
    refuses([value], '[0] must be one of heapSnapshot, ');
  refuses(['heapDump'], '[0] must be one of heapSnapshot, ', "got 'heapDump'");
  refuses(['constructor'], "got 'constructor'");
  refuses([{ type: 'toString' }], '[0].type must be one of ', "got 'toString'");
  refuses([{}], '[0].type must be one of ', 'undefined');
  refuses(Array(1), '[0] must be one of');
});

test('each message names the field, and what is allowed', () => {
  const bad = [
    [{ type: 'heapSnapshot', strategy: 'best' }, '.strategy must be one of', "'best'"],
    [{ type: 'heapSnapshot', level: 19 }, "[0]: option 'level'", 'from 1 to 9', 'got 19'],
    [{ type: 'heapSnapshot', insteadSeconds: 0 }, '.insteadSeconds must be a number from'],
    [
      { type: 'cpuProfile', seconds: '10' },
      ".seconds must be a number from 0.001 to 86400 seconds; got '10'",
    ],
    [
      { type: 'cpuProfile', seconds: 10, timeout: 10 },
      '.timeout must be longer than the 10 seconds',
    ],
    [{ type: 'heapProfile', timeout: -1 }, '.timeout must be a number'],
    [{ type: 'report', onFailure: 'panic' }, ".onFailure must be one of 'continue', 'stop'"],
    [{ type: 'report', network: 1 }, '.network must be true or false'],
    [{ type: 'call' }, '[0].fn is missing'],
    [{ type: 'call', fn: 'f' }, '.fn must be a function'],
    [{ type: 'diff', with: '' }, '.with must be a path'],
    [{ type: 'webhook' }, '[0].url is missing'],
    [{ type: 'webhook', url: 'ftp://sesame' }, '.url must be an http: or https: URL'],
    [{ type: 'webhook', url: URL_OF_HOOK, format: 'xml' }, '.format must be one of'],
    [{ type: 'webhook', url: URL_OF_HOOK, headers: { Host: 'sesame' } }, '.headers must be'],
    [{ type: 'webhook', url: URL_OF_HOOK, token: 'a\nsesame' }, '.token must be a text'],
    [{ type: 'webhook', url: URL_OF_HOOK, token: 'sesame' }, '[0] takes one of token'],
    [{ type: 'webhook', url: URL_OF_HOOK, retries: 99 }, '.retries must be an integer'],
    [{ type: 'webhook', url: URL_OF_HOOK, text: '' }, '.text must be a text'],
    [{ type: 'webhook', url: URL_OF_HOOK, body: 7 }, '.body must be a text, or an object'],
    [{ type: 'webhook', url: URL_OF_HOOK, body: { a: 'x'.repeat(1e5) } }, '.body must be'],
    [{ type: 'webhook', url: URL_OF_HOOK, body: { a: 1n } }, '.body must be'],
  ];
  for (const [action, ...texts] of bad) refuses([action], ...texts);
});

test('analyze and diff need a capture before them', () => {
  for (const type of ['analyze', 'diff']) {
    refuses([type], '[0] needs an action before it that takes a capture');
    refuses(['report', type, 'heapSnapshot'], '[1] needs an action before it');
    refuses(
      ['report', 'heapSnapshot', { type, of: 'report' }],
      '[2].of must be the id',
      "got 'report'",
    );
    refuses(['heapSnapshot', { type, of: 'cpuProfile' }], '[1].of must be', 'heapSnapshot');
    const actions = readActions(
      ['heapSnapshot', { type: 'cpuProfile', id: 'cpu' }, { type, of: 'cpu' }],
      WHERE,
    );
    assert.equal(actions[2].settings.of, 'cpu');
    assert.equal(readAction({ type, of: 'anything' }, WHERE).settings.of, 'anything');
  }
});

test('names in texts: an unknown one names the field', () => {
  const hook = (more) => ({ type: 'webhook', url: URL_OF_HOOK, ...more });
  const taken = [
    'no name at all, $5 {x} $',
    '${rule.name} ${reason} ${verdict} ${files} ${host} ${pid} ${readings.rss}',
    '${ outputs.heapSnapshot.path }${outputs.call.value}${outputs.call.value.a.b}',
  ];
  for (const text of taken) readActions(['heapSnapshot', () => {}, hook({ text })], WHERE);
  const unknown = [
    '${rule.nome}',
    '${}',
    '${readings.rsss}',
    '${readings.__proto__}',
    '${outputs.a}',
    '${process.env.HOME}',
  ];
  for (const text of unknown) {
    refuses(['heapSnapshot', hook({ text })], '[1].text has the unknown name ', text, 'rule.name');
    refuses([{ type: 'report', name: text }], '[0].name has the unknown name ');
  }
  refuses(
    [hook({ body: { a: { b: ['x', '${what}'] } } })],
    '[0].body.a.b[1] has the unknown name ${what}',
  );
  refuses(
    [hook({ text: '${outputs.heapSnapshot.path}' }), 'heapSnapshot'],
    '[0].text has',
    'no action before it',
    'none',
  );
  refuses(
    ['report', hook({ body: ['${outputs.reprot.path}'] })],
    '[1].body has',
    'there is: report',
  );
  refuses(
    ['report', hook({ text: '${outputs.report.verdict}' })],
    'report gives no verdict; it gives kind, path',
  );
  refuses([() => {}, hook({ text: '${outputs.call.path}' })], 'call gives no path; it gives value');
});

test('no settings show a secret', () => {
  const headers = { 'X-Key': 'sesame' };
  const url = 'http://example.org/sesame';
  const body = { key: 'sesame' };
  const actions = readActions(
    [
      { type: 'webhook', url, headers, body },
      { type: 'webhook', url, token: 'sesame', text: 'sesame' },
    ],
    WHERE,
  );
  const shown = [inspect(actions, { depth: 9, showHidden: true }), JSON.stringify(actions)];
  for (const text of shown) assert.ok(!text.includes('sesame'), text);
  assert.match(shown[1], /http:\/\/example.org"/);
});
