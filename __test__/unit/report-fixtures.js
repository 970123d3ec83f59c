'use strict';

/** Reports as the engine makes them: of a leaking server, a healthy one, and one full of hostile names. */

const TOTAL = 128_689_152;

function object(id, name, retainedSize, more = {}) {
  return {
    id,
    name,
    kind: 'object',
    selfSize: Math.min(32, retainedSize),
    retainedSize,
    share: retainedSize / TOTAL,
    location: null,
    ...more,
  };
}

const step = (kind, name, target) => ({ edge: { kind, name }, object: target });

function row(name, count, selfSize, retainedSize) {
  return { name, count, selfSize, retainedSize, share: retainedSize / TOTAL };
}

const globalObject = object(3, 'global', 126_100_000);
const manager = object(65893, 'Manager', 109_262_118);
const rooms = object(72201, 'Array', 109_261_900);

const KINDS = [
  ['strings', 1_205_331, 41_002_333],
  ['objects', 1_403_222, 36_901_223],
  ['arrays', 220_412, 24_300_112],
  ['code', 122_313, 14_201_778],
  ['closures', 88_302, 5_011_200],
  ['native', 1_221, 4_822_100],
  ['numbers', 40_221, 1_204_406],
  ['other', 12_001, 1_246_000],
];

function overview() {
  return {
    totalSize: TOTAL,
    objects: 3_709_145,
    edges: 12_012_332,
    roots: 77,
    kinds: KINDS.map(([kind, count, selfSize]) => ({
      kind,
      count,
      selfSize,
      share: selfSize / TOTAL,
    })),
    shares: { strings: 0.319, code: 0.11, closures: 0.039 },
    arrayBufferBytes: 4_200_112,
    externalStringBytes: 12_000,
    extraNativeBytes: null,
  };
}

const managerSuspect = () => ({
  rule: 'growing-array',
  sentence:
    '1 Manager @65893 holds 84.9 % of the heap (104.2 MB), accumulated in Array @72201: 31,356 Room objects.',
  explanation:
    'An array that is only ever pushed to keeps whatever was put into it for as long as the array itself lives.',
  advice:
    'Remove rooms from Manager.rooms when they close, or keep them in a Map with a limit and drop the oldest.',
  retainedSize: 109_262_118,
  share: 0.849,
  count: 31_356,
  object: manager,
  className: 'Room',
  accumulationPoint: rooms,
  path: [
    step('shortcut', '1', globalObject),
    step('property', 'manager', manager),
    step('property', 'rooms', rooms),
  ],
  pathText: 'global.manager → Manager.rooms → Array[]',
  contents: [
    row('Room', 31_356, 2_006_784, 109_011_200),
    row('Message', 376_272, 15_050_880, 62_230_000),
    row('(string)', 752_544, 40_200_112, 40_200_112),
    row('Array', 62_712, 2_006_784, 24_110_000),
  ],
});

const closureSuspect = () => ({
  rule: 'closure-context',
  sentence:
    '12 closures unused() share contexts that hold 6.2 % of the heap (7.6 MB): each context keeps the one before it.',
  explanation:
    'Functions made in the same scope share one context. A closure that lives on keeps every variable that any of them uses, ' +
    'here originalThing, although the living one never reads it.',
  advice:
    'Set originalThing to null at the end of replaceThing(), or move the closure out of that scope.',
  retainedSize: 7_969_177,
  share: 0.062,
  count: 12,
  object: object(80111, 'unused()', 7_969_177, {
    kind: 'closure',
    location: { file: '/srv/app/lib/replace-thing.js', line: 12, column: 18 },
  }),
  className: 'system / Context',
  accumulationPoint: null,
  path: [
    step('shortcut', '1', globalObject),
    step('property', 'theThing', object(80001, 'Object', 7_969_900)),
    step(
      'property',
      'someMethod',
      object(80110, 'someMethod()', 7_969_300, {
        kind: 'closure',
        location: { file: '/srv/app/lib/replace-thing.js', line: 17, column: 25 },
      }),
    ),
    step('internal', 'context', object(80111, 'system / Context', 7_969_200)),
    step('context', 'originalThing', object(80120, 'Object', 7_969_180)),
  ],
  pathText: 'global.theThing → someMethod() → context.originalThing',
  contents: [row('(string)', 12, 7_900_000, 7_900_000), row('Object', 12, 672, 7_968_000)],
});

function leaky() {
  const biggest = [
    manager,
    rooms,
    object(90221, 'Map', 2_200_112),
    object(90333, 'Server', 402_112),
  ];
  return {
    kind: 'heapSnapshot',
    verdict:
      '1 Manager @65893 holds 84.9 % of the heap (104.2 MB), accumulated in Array @72201: 31,356 Room objects.',
    overview: overview(),
    suspects: [managerSuspect(), closureSuspect()],
    classes: [
      row('Manager', 1, 32, 109_262_118),
      row('Room', 31_356, 2_006_784, 109_011_200),
      row('Message', 376_272, 15_050_880, 62_230_000),
      row('(string)', 1_205_331, 41_002_333, 41_002_333),
      row('Array', 70_221, 2_247_072, 30_110_412),
      row('(compiled code)', 122_313, 14_201_778, 14_201_778),
      row('Function', 88_302, 5_011_200, 9_220_100),
      row('{id, name, members, createdAt, lastMessage}', 31_356, 1_756_000, 4_300_100),
      row('Map', 441, 14_112, 2_600_332),
      row('system / Context', 9_120, 402_112, 1_900_101),
    ],
    objects: biggest.map((one) => ({
      ...one,
      pathText: 'global.manager → Manager.rooms → Array[]',
    })),
    duplicateStrings: [
      { text: 'application/json; charset=utf-8', count: 31_356, selfSize: 48, wasted: 1_505_040 },
      { text: 'the same long text, again and again', count: 802, selfSize: 120, wasted: 96_120 },
    ],
    collections: [
      {
        object: rooms,
        collection: 'Array',
        entries: 31_356,
        capacity: 47_050,
        fill: 0.666,
        pathText: 'global.manager → Manager.rooms',
      },
      {
        object: object(90221, 'Map', 2_200_112),
        collection: 'Map',
        entries: 12,
        capacity: 65_536,
        fill: 0.0002,
        pathText: 'global.cache',
      },
    ],
    timings: { read: 181.2, dominators: 120.1, report: 80.4 },
  };
}

function healthy() {
  const report = leaky();
  return {
    ...report,
    verdict:
      'No suspect: no object and no class holds an unusual part of the heap (4.1 MB in 52,110 objects).',
    suspects: [],
    duplicateStrings: [],
    collections: [],
  };
}

/** What a user of the server could have put there. */
const HOSTILE =
  '\u001b[31mred\u001b]0;title\u0007\u009b2J\u202e<img src=x onerror=alert(1)></script>|`*_@octocat #1\n# h\r';

function hostile() {
  const named = object(7, HOSTILE, 60_000_000);
  const report = leaky();
  const suspect = managerSuspect();
  return {
    ...report,
    verdict: `1 ${HOSTILE} @7 holds 47 % of the heap.`,
    suspects: [
      {
        ...suspect,
        sentence: `1 ${HOSTILE} @7 holds 47 % of the heap.`,
        explanation: HOSTILE,
        advice: HOSTILE,
        object: named,
        className: HOSTILE,
        accumulationPoint: named,
        path: [step('property', HOSTILE, named), step('context', HOSTILE, named)],
        pathText: HOSTILE,
        contents: [row(HOSTILE, 3, 4, 5)],
      },
    ],
    overview: { ...report.overview, kinds: [{ kind: HOSTILE, count: 1, selfSize: 1, share: 1 }] },
    classes: [row(HOSTILE, 3, 4, 5)],
    objects: [{ ...named, pathText: HOSTILE }],
    duplicateStrings: [{ text: HOSTILE, count: 2, selfSize: 3, wasted: 3 }],
    collections: [
      { object: named, collection: 'Map', entries: 1, capacity: 2, fill: 0.5, pathText: HOSTILE },
    ],
  };
}

/** What the face adds to a report. */
function faced(report, more = {}) {
  const { kind, verdict, overview: figures, ...rest } = report;
  return {
    kind,
    file: { path: '/var/captures/rooms.heapsnapshot.gz', bytes: 6_016_437, compression: 'gzip' },
    verdict,
    overview: figures,
    rss: null,
    ...rest,
    sidecar: null,
    durationMs: 612.5,
    ...more,
  };
}

function diffOf(more = {}) {
  return {
    kind: 'heapDiff',
    files: [
      { path: '/var/captures/a.heapsnapshot.gz', totalSize: 40_000_000, objects: 900_000 },
      { path: '/var/captures/b.heapsnapshot.gz', totalSize: 80_000_000, objects: 1_900_000 },
      { path: '/var/captures/c.heapsnapshot.gz', totalSize: 128_689_152, objects: 3_709_145 },
    ],
    matchedBy: 'id',
    verdict:
      'Room grows: 31,000 more objects (+82.1 MB retained), held by Manager @65893 in .rooms.',
    growth: { totalSize: 88_689_152, objects: 2_809_145 },
    classes: [
      {
        name: 'Room',
        added: 31_000,
        removed: 0,
        countDelta: 31_000,
        addedSize: 1_984_000,
        removedSize: 0,
        sizeDelta: 1_984_000,
        retainedDelta: 86_100_000,
        counts: [356, 15_000, 31_356],
        sizes: [22_784, 960_000, 2_006_784],
      },
      {
        name: '(string)',
        added: 700_000,
        removed: 1200,
        countDelta: 698_800,
        addedSize: 30_000_000,
        removedSize: 40_000,
        sizeDelta: 29_960_000,
        retainedDelta: 29_960_000,
        counts: [506_531, 900_000, 1_205_331],
        sizes: [11_042_333, 21_042_333, 41_002_333],
      },
    ],
    growing: [
      {
        className: 'Room',
        sentence: 'Room grew in every file: 356, 15,000, 31,356 objects.',
        countDelta: 31_000,
        sizeDelta: 1_984_000,
        retainedDelta: 86_100_000,
        monotonic: true,
        holder: rooms,
        path: managerSuspect().path,
        pathText: 'global.manager → Manager.rooms → Array[]',
      },
    ],
    collections: [
      {
        object: rooms,
        collection: 'Array',
        entries: 31_356,
        entriesBefore: 356,
        entriesDelta: 31_000,
        retainedDelta: 86_000_000,
        pathText: 'global.manager.rooms',
      },
      {
        object: object(80333, 'Map', 400_000),
        collection: 'Map',
        entries: 1200,
        entriesBefore: null,
        entriesDelta: 1200,
        retainedDelta: 400_000,
        pathText: 'global.manager.index',
      },
    ],
    ...more,
  };
}

function inspection() {
  return {
    object: { ...manager, className: 'Manager', distance: 2 },
    properties: [
      step('property', 'rooms', rooms),
      step('internal', 'map', object(901, 'system / Map', 80, { kind: 'object shape' })),
    ],
    retainers: [step('property', 'manager', globalObject)],
    dominated: [rooms],
    dominator: globalObject,
    path: managerSuspect().path.slice(0, 2),
    pathText: 'global.manager → Manager',
    totals: { properties: 2, retainers: 1, dominated: 4012 },
  };
}

module.exports = { HOSTILE, diffOf, faced, healthy, hostile, inspection, leaky, object, row, step };
