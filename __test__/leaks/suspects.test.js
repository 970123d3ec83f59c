'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { analyzeProgram, placeOf, testEach } = require('./support/programs.js');

const MIN_SHARE = 0.3;
const MIN_BYTES = 5e6;

/** Rules that may say it in the words of any object graph; the others explain a cause of Node's. */
const PLAIN_RULES = ['object', 'group'];

/** How Node's own lists hold timers and callbacks. */
const LINKS = /_idleNext|_idlePrev|_onTimeout|_onImmediate|native_bind|queueMicrotask/;

// One line a program:
//   rules    the rules that may be the first suspect's
//   says     what its sentence names: classes, functions, events, and how many
//   because  what its explanation (or advice) names of the cause
//   held     names on the path to it: properties, variables
//   count    how many have piled up, where one number is right
//   place    the code that the words must point at: the line with this text
const PROGRAMS = [
  {
    example: 'room-manager.js',
    args: ['array'],
    rules: ['object', 'growing-array'],
    says: [/\bManager\b/, /\b31,356 Room\b/],
    held: ['rooms'],
    count: 31_356,
  },
  {
    example: 'room-manager.js',
    args: ['map'],
    rules: ['object', 'growing-map'],
    says: [/\bManager\b/, /\b31,356 Room\b/],
    held: ['rooms'],
    count: 31_356,
  },
  {
    example: 'closure-chain.js',
    rules: ['closure-context'],
    says: [/replaceThing/],
    because: [/someMethod/, /originalThing/, /longStr/],
    held: ['theThing'],
    place: 'function replaceThing',
  },
  {
    example: 'global-cache.js',
    args: ['array'],
    rules: ['growing-array'],
    says: [/\bcache\b/, /\b600\b/],
    because: [/array/i],
    held: ['cache'],
    count: 600,
  },
  {
    example: 'global-cache.js',
    args: ['object'],
    rules: ['growing-map'],
    says: [/\bcache\b/, /\b600\b/],
    because: [/object/i],
    held: ['cache'],
    count: 600,
  },
  {
    example: 'global-cache.js',
    args: ['map'],
    rules: ['growing-map'],
    says: [/\bcache\b/, /\b600\b/],
    because: [/\bMap\b/],
    held: ['cache'],
    count: 600,
  },
  {
    example: 'reconnect-listeners.js',
    rules: ['listeners'],
    says: [/\bconnect\b/, /\b400 listeners\b/, /\bSocket\b/],
    because: [/listener/],
    held: ['_events'],
    count: 400,
    place: "client.on('connect'",
  },
  {
    program: 'emitter-listeners.js',
    rules: ['listeners'],
    says: [/\bchange\b/, /\b500 listeners\b/, /\bConfiguration\b/],
    because: [/listener/],
    held: ['configuration'],
    count: 500,
    place: "configuration.on('change'",
  },
  {
    program: 'abort-listeners.js',
    rules: ['listeners'],
    says: [/\babort\b/, /\b500 listeners\b/, /AbortSignal|EventTarget/],
    because: [/listener/],
    held: ['shutdown'],
    count: 500,
  },
  {
    example: 'hot-reload/reload.js',
    rules: ['module-children'],
    says: [/\bsettings\.js\b/, /\b2(49|50)\b/],
    because: [/module\.children/, /require\.cache/],
    held: ['children'],
  },
  {
    example: 'leak-array.js',
    rules: ['growing-array'],
    says: [/\bleakArray\b/, /\b500 strings\b/],
    because: [/array/i],
    held: ['leakArray'],
    count: 500,
  },
  {
    example: 'buffers.js',
    args: ['buffer'],
    rules: ['external-memory'],
    says: [/outside/, /\b48 of them \(48\.0 MB\) are held by Array uploads\b/],
    because: [/Buffer/],
    held: ['uploads'],
    count: 48,
  },
  {
    example: 'buffers.js',
    args: ['arraybuffer'],
    rules: ['external-memory'],
    says: [/outside/, /\b48 of them \(48\.0 MB\) are held by Array uploads\b/],
    because: [/ArrayBuffer/],
    held: ['uploads'],
    count: 48,
  },
  {
    example: 'timers.js',
    rules: ['timers'],
    says: [/\b5,000\b/, /timers|setInterval/, /\bheartbeat\b/],
    because: [/clearInterval/],
    count: 5_000,
    place: 'function heartbeat',
  },
  {
    example: 'half-open-sockets.js',
    rules: ['sockets'],
    says: [/\bsockets\b/, /\b(598|599|600)\b/],
    because: [/half.open|end\(\)|destroy\(\)/],
  },
  {
    example: 'reconnect-sockets.js',
    rules: ['sockets'],
    says: [/\bsockets\b/, /\b(49\d|500)\b/],
    because: [/reconnect/, /destroy\(\)/],
  },
  {
    example: 'promises.js',
    rules: ['promises'],
    says: [/\b50,000\b/, /\bsaveOrder\b/],
    because: [/settle|resolve/],
    held: ['connected'],
    count: 50_000,
    place: 'async function saveOrder',
  },
  {
    program: 'pending-replies.js',
    rules: ['promises', 'growing-map', 'object'],
    says: [/\b10,000\b/, /\bonLine\b|\bpending\b|\bQueueClient\b/],
    held: ['pending'],
    count: 10_000,
  },
  {
    example: 'async-local-storage.js',
    rules: ['async-local-storage'],
    says: [/\b600\b/, /\bRequestStore\b/, /\bAsyncLocalStorage\b/],
    because: [/followNews/],
    count: 600,
  },
  {
    example: 'contexts.js',
    rules: ['detached-context'],
    says: [/\b(199|200)\b/, /contexts/],
    because: [/\bvm\b/],
    held: ['handlers'],
  },
  {
    program: 'duplicate-strings.js',
    rules: ['duplicate-strings', 'growing-array'],
    says: [/\bhistory\b/, /\b100\b/],
    held: ['history'],
  },
  {
    program: 'string-set.js',
    rules: ['growing-map', 'object'],
    says: [/\bVisitorLog\b|\bseen\b/, /\b120,000 strings\b/],
    held: ['seen'],
    count: 120_000,
  },
  {
    program: 'session-logout.js',
    rules: ['growing-map', 'object'],
    says: [/\bSessionStore\b|\bsessions\b/, /\b9,000 Session\b/],
    held: ['sessions'],
    count: 9_000,
  },
  {
    program: 'session-plugins.js',
    rules: ['group'],
    says: [/\b20,000 Session\b/],
    held: [],
    count: 20_000,
  },
  {
    program: 'session-indexes.js',
    rules: ['group'],
    says: [/\b20,000 Session\b/],
    count: 20_000,
  },
];

testEach(test, 'a leak is the first suspect', PROGRAMS, async (t, row) => {
  const report = await analyzeProgram(t, row);
  const [suspect] = report.suspects;
  assert.ok(suspect, `a suspect, not only: ${report.verdict}`);
  checkWords(report, suspect, row);
  checkFigures(report, suspect, row);
  checkPath(suspect, row);
});

/** The verdict names the leak, its cause and the way out, in words a user can do something with. */
function checkWords(report, { rule, sentence, explanation, advice }, row) {
  const { rules, says, because = [], place } = row;
  assert.ok(rules.includes(rule), `rule ${rule}: ${sentence}`);
  for (const pattern of says) assert.match(sentence, pattern);
  assert.doesNotMatch(sentence, /system \/ |\(GC roots\)|BuiltinModule/, 'no names of V8 itself');
  assert.doesNotMatch(report.verdict, /^No suspect/);
  assert.ok(advice.length > 0, 'there is an advice');
  if (!PLAIN_RULES.includes(rule)) assert.ok(explanation, 'the cause is explained');
  const words = [sentence, explanation, advice].join('\n');
  if (!PLAIN_RULES.includes(rule)) for (const pattern of because) assert.match(words, pattern);
  if (place) assert.ok(words.includes(placeOf(row, place)), `${placeOf(row, place)} in:\n${words}`);
}

function checkFigures({ overview }, { retainedSize, share, count, contents }, row) {
  assert.ok(
    retainedSize >= MIN_BYTES && retainedSize <= overview.totalSize,
    `${retainedSize} bytes`,
  );
  assert.ok(share >= MIN_SHARE && share <= 1, `a share of ${share}`);
  assert.ok(count > 0, 'something has piled up');
  if (row.count) assert.equal(count, row.count);
  assert.ok(contents.length >= 1 && contents.length <= 10, 'what is inside');
}

/** Each name is that of an edge or an object on the way from a root. */
function checkPath({ path, pathText }, { held = [] }) {
  const onPath = path.flatMap(({ edge, object }) => [edge.name, object.name]);
  for (const name of held) {
    assert.ok(
      onPath.some((one) => String(one).includes(name)),
      `${name} is on the path: ${pathText}`,
    );
    assert.ok(pathText.includes(name), pathText);
  }
  assert.doesNotMatch(pathText, LINKS, 'no links of lists of Node itself');
}

test('Buffers outside the heap are in the figures, and RSS is explained by the sidecar', async (t) => {
  const report = await analyzeProgram(t, { example: 'buffers.js', args: ['buffer'] });
  assert.ok(report.overview.arrayBufferBytes >= 48 << 20, 'all 48 MB');
  assert.ok(report.sidecar, 'the program wrote its snapshot with rsprof');
  assert.ok(report.rss.rss > report.overview.arrayBufferBytes);
});
