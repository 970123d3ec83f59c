'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const { SourceMap } = require('node:module');
const path = require('node:path');
const { test } = require('node:test');
const { pathToFileURL } = require('node:url');
const { resolveFrames, resolveLines, resolveSources } = require('../../lib/source-maps.js');
const { startNode } = require('../support/child.js');
const { mappings, vlq } = require('../support/source-map-writer.js');
const { tempDir } = require('./support.js');

const TEXT = 'function a(b){}\nlet c = (d) => {\n};\n';
const MAPPINGS = mappings([
  [
    [0, 0, 4, 0],
    [9, 0, 4, 9, 0],
  ],
  [[8, 0, 6, 12]],
]);
const MAP = { version: 3, sources: ['a.ts'], names: ['alpha'], mappings: MAPPINGS };
const COMMENT = '//# sourceMappingURL=m.map\n';
/** V8's position of `a`. */
const FRAME = { line: 1, column: 11, name: 'a' };

/** Writes a script, with a map in `mapFile` or without; gives its path. */
function write(t, { text = TEXT, comment = COMMENT, map = MAP, file = 'a.js', mapFile = 'm.map' }) {
  const folder = tempDir(t);
  fs.writeFileSync(path.join(folder, file), text + comment);
  const content = typeof map === 'object' ? JSON.stringify(map) : map;
  if (map) fs.writeFileSync(path.join(folder, mapFile), content);
  return path.join(folder, file);
}

async function resolveOne(url, frame = FRAME) {
  const { frames, scripts } = await resolveSources([{ url, ...frame }]);
  return { found: frames[0], scripts };
}

/** What is wrong with a map, as the outcome tells it. */
async function damageOf(t, how) {
  const { found, scripts } = await resolveOne(write(t, how));
  assert.equal(found, null);
  assert.equal(scripts.mapped, 0);
  return scripts.damaged[0]?.reason;
}

const dataUrl = (map) => Buffer.from(JSON.stringify(map)).toString('base64');

test('a frame is told with the name, the file, the line and the column of its source', async (t) => {
  const script = write(t, {});
  const folder = pathToFileURL(path.dirname(script)).href;
  const expected = { name: 'alpha', url: `${folder}/a.ts`, line: 5, column: 10 };
  assert.deepEqual(await resolveOne(script), {
    found: expected,
    scripts: { seen: 1, mapped: 1, damaged: [] },
  });
  assert.deepEqual((await resolveOne(pathToFileURL(script).href)).found, expected);
});

test('frames keep their order, and what is no script of this machine is null', async (t) => {
  const script = write(t, {});
  const second = { url: script, line: 2, column: 9, name: 'c' };
  const urls = ['node:fs', 'evalmachine.<anonymous>', 'webpack://app/a.js', 'http://a/a.js', ''];
  const foreign = [...urls, 'file://host/a.js', 'file:///a%2fb', '/no/such', '/a\0b', '/'];
  const frames = [second, ...foreign.map((url) => ({ url, ...FRAME })), { url: script, ...FRAME }];
  const found = await resolveFrames(frames);
  assert.equal(found[0].line, 7);
  assert.equal(found.at(-1).line, 5);
  assert.deepEqual(
    found.slice(1, -1),
    foreign.map(() => null),
  );
});

test('the code at the top of a script is told where the script has one source', async (t) => {
  const top = { line: 1, column: 1, name: '' };
  assert.equal((await resolveOne(write(t, {}), top)).found.line, 5);
  const shared = { ...MAP, sources: ['a.ts', 'b.ts'] };
  assert.equal((await resolveOne(write(t, { map: shared }), top)).found, null);
  const map = { version: 3, sections: [section(0, 0), section(2, 0)] };
  assert.equal((await resolveOne(write(t, { map }), top)).found, null);
});

test('a name of the map counts at the place of the name alone, and keeps what V8 puts before', async (t) => {
  const text = 'class X{get a(){}};b(a=>a)';
  const lines = [
    [
      [8, 0, 1, 0, 1],
      [12, 0, 1, 4, 0],
      [21, 0, 2, 0, 1],
    ],
  ];
  const script = write(t, {
    text: `${text}\n`,
    map: { ...MAP, names: ['alpha', 'wrong'], mappings: mappings(lines) },
  });
  const names = async (column, name) =>
    (await resolveOne(script, { line: 1, column, name })).found.name;
  assert.equal(await names(14, 'get a'), 'get alpha');
  assert.equal(await names(22, ''), '');
  const other = write(t, { map: { ...MAP, mappings: mappings([[[0, 0, 4, 0, 0]]]) } });
  assert.equal((await resolveOne(other)).found.name, 'a', 'that is the name of what is before');
});

test('places that are none, or beyond the script or its map, are null', async (t) => {
  const script = write(t, { text: `${TEXT}// one line more, and it is long enough\n` });
  const places = [
    [0, 1],
    [-1, 1],
    [1.5, 1],
    [4, 3],
    [1, 17],
    [99, 1],
    [2 ** 40, 1],
    [1, -1],
    [1, NaN],
    [NaN, 1],
  ];
  const frames = places.map(([line, column]) => ({ url: script, line, column, name: '' }));
  assert.deepEqual(
    await resolveFrames(frames),
    places.map(() => null),
  );
  const good = { url: script, ...FRAME };
  assert.equal((await resolveFrames([...frames, good])).at(-1).line, 5, 'and hurt no other');
  assert.deepEqual(await resolveFrames([]), []);
});

const inside = `data:application/json;charset=utf-8;base64,${dataUrl(MAP)}`;
const percents = `data:application/json,${encodeURIComponent(JSON.stringify(MAP))}`;

for (const [title, how] of Object.entries({
  'where it says': {},
  'inside it, base64': { comment: `//# sourceMappingURL=${inside}`, map: null },
  'inside it, percent-encoded': { comment: `//# sourceMappingURL=${percents}\n`, map: null },
  'by the old comment': { comment: '//@ sourceMappingURL=m.map' },
  'by a block comment': { comment: '/*# sourceMappingURL=m.map*/\n' },
  'by the last comment': { comment: '//# sourceMappingURL=b.map\n//# sourceMappingURL=m.map\n' },
  'with comments behind': {
    comment: '//# sourceMappingURL=m.map\n\n//# debugId=1\n/* x\n */\n',
  },
  'by a path with dots': { comment: '//# sourceMappingURL=./x/../m.map\r\n' },
  'by a name that is encoded': { comment: '//# sourceMappingURL=a%20b.map', mapFile: 'a b.map' },
  'beside it where nobody tells of it': { comment: '', mapFile: 'a.js.map' },
  'beside it where an address is told': {
    comment: '//# sourceMappingURL=https://example.com/a.js.map\n',
    mapFile: 'a.js.map',
  },
  'beside it where another place is told': {
    comment: '//# sourceMappingURL=maps/a.js.map\n',
    mapFile: 'a.js.map',
  },
  'behind a mark against running it': { map: `)]}'\n${JSON.stringify(MAP)}` },
  'behind a byte order mark': { text: `\ufeff${TEXT}`, map: `\ufeff${JSON.stringify(MAP)}` },
  'with spaces and members of all kinds': {
    map: JSON.stringify(
      { x: [{ 'a"': '\\' }, -1e5, null], names: ['wrong'], ...MAP, y: {} },
      null,
      '\t',
    ),
  },
})) {
  test(`the map of a script is found ${title}`, async (t) => {
    const { found, scripts } = await resolveOne(write(t, how));
    assert.deepEqual([found?.name, found?.line, scripts.damaged], ['alpha', 5, []]);
  });
}

test('the map of a script is found by a file: URL', async (t) => {
  const map = path.join(tempDir(t), 'far away.map');
  fs.writeFileSync(map, JSON.stringify(MAP));
  const script = write(t, { comment: `//# sourceMappingURL=${pathToFileURL(map)}`, map: null });
  const { found } = await resolveOne(script);
  assert.equal(found.url, pathToFileURL(path.join(path.dirname(map), 'a.ts')).href);
});

test('slashes may be escaped', async (t) => {
  const plain = JSON.stringify({
    ...MAP,
    mappings: mappings([
      [
        [0, 0, 40, 0],
        [9, 0, 9, 9, 0],
      ],
    ]),
  });
  const map = plain.replaceAll('/', '\\/');
  assert.notEqual(map, plain);
  assert.equal((await resolveOne(write(t, { map }))).found.line, 10);
});

test('a comment with code behind is that of a script within the script', async (t) => {
  for (const behind of [TEXT, '/* */;', '/*', '"//"']) {
    const how = { comment: `//# sourceMappingURL=${inside}\n${behind}`, map: null };
    assert.deepEqual(await resolveOne(write(t, how)), {
      found: null,
      scripts: { seen: 1, mapped: 0, damaged: [] },
    });
  }
});

test('lines end as V8 has it', async (t) => {
  const text = '// one\r// two\r\n// three\u2028// four\u2029// é five\nfunction a(){}';
  const lines = [[], [], [], [], [], [[0, 0, 1, 0]]];
  const script = write(t, { text: `${text}\n`, map: { ...MAP, mappings: mappings(lines) } });
  assert.equal((await resolveOne(script, { ...FRAME, line: 6 })).found.line, 2);
});

test('what a source is called is resolved from the map, and kept where it has a scheme', async (_t) => {
  const cases = [
    ['../src/a.ts', undefined, '/srv/app/src/a.ts'],
    ['a b.ts', '', '/srv/app/out/a%20b.ts'],
    ['a.ts', '../src', '/srv/app/src/a.ts'],
    ['a.ts', '../src/', '/srv/app/src/a.ts'],
    ['/x/a.ts', '/root', '/x/a.ts'],
    ['a.ts', '/root', '/root/a.ts'],
    ['../../../../../../etc/passwd', undefined, '/etc/passwd'],
    ['webpack://app/./src/x.ts?1', 'other', 'webpack://app/./src/x.ts?1'],
    ['./x.ts', 'webpack:///', 'webpack:///./x.ts'],
    ['file:///a/b.ts', undefined, '/a/b.ts'],
    ['http://[', undefined, 'http://['],
  ];
  const { sourceUrl } = require('../../lib/source-maps/source-url.js');
  for (const [source, root, expected] of cases) {
    const url = sourceUrl(source, root, 'file:///srv/app/out/a.js.map');
    assert.equal(url, expected.startsWith('/') ? `file://${expected}` : expected, source);
  }
});

test('names are those at the place of the name, and of nothing beside it', async (_t) => {
  const { columnOfName } = require('../../lib/source-maps/function-name.js');
  const cases = [
    ['function a▮(b)', 'a', 9],
    ['async function*a ▮(b)', 'a', 15],
    ['aa=a=▮b=>b', 'a', 3],
    ['let a = async ▮(b) => b', 'a', 4],
    ['x.a=async function ▮(b)', 'a', 2],
    ['{get a▮(){', 'get a', 5],
    ['{a:▮b=>1', 'a', 1],
    ['ba=▮b=>b', 'a', -1],
    ['a();▮b=>b', 'a', -1],
    ['q.then(▮a=>a', '', -1],
    ['class a{x=1;constructor▮(', 'a', 6],
    ['class a extends b{};c=class{constructor▮(', 'c', 20],
    ['x=▮class a extends b{}', 'a', 8],
    ['function $▮(', '$', 9],
    ['function a$▮(', '$', -1],
    ['o[a] = function▮(', 'o.<computed>', -1],
    ['function été▮(', 'été', 9],
  ];
  for (const [text, name, expected] of cases) {
    const column = text.indexOf('▮');
    assert.equal(columnOfName(text.replace('▮', ''), column, name), expected, text);
  }
});

test('a line is told where all its code is of one line', async (t) => {
  const lines = [
    [
      [0, 0, 1, 0],
      [9, 0, 1, 5],
    ],
    [[0, 0, 1, 9], [2, 0, 2, 0], [5], [6, 0, 2, 8]],
    [
      [0, 0, 3, 0],
      [4, 0, 4, 0],
    ],
    [[4, 0, 5, 0]],
    [
      [0, 0, 6, 0],
      [4, 1, 6, 0],
    ],
    [],
  ];
  const map = { ...MAP, sources: ['a.ts', 'b.ts'], mappings: mappings(lines) };
  const script = write(t, {
    text: 'one one one\n  two two\nthree\nfour four\nfive five\nsix\n',
    map,
  });
  const found = await resolveLines(script, [1, 2, 3, 4, 5, 6, 7, 2]);
  assert.deepEqual(
    found.map((one) => one?.line ?? null),
    [2, 3, null, 6, null, null, null, 3],
  );
});

/** The same numbers in every run (mulberry32). */
function randomFrom(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A map with segments of all kinds; the last has all its numbers (Node misreads others there). */
function randomLines(random) {
  const lines = Array.from({ length: 12 }, () => {
    const columns = new Set(Array.from({ length: random(9) }, () => random(60)));
    return [...columns]
      .sort((a, b) => a - b)
      .map((column) => {
        const whole = [column, random(3), random(40_000), random(300), random(4)];
        return whole.slice(0, [1, 4, 5][random(3)]);
      });
  });
  return [...lines, [[0, 0, 0, 0, 0]]];
}

test("Node's own reader agrees on maps of all kinds", async (t) => {
  const random = randomFrom(5);
  const text = `${'x'.repeat(60)}\n`.repeat(13);
  let told = 0;
  for (let round = 0; round < 20; round++) {
    const map = { version: 3, sources: ['a', 'b', 'c'], names: ['k', 'l', 'm', 'n'] };
    map.mappings = mappings(randomLines(random));
    const script = write(t, { text, map });
    const own = new SourceMap(map);
    const frames = Array.from({ length: 60 }, () => {
      const [line, column] = [random(13), random(60)];
      return { url: script, line: line + 1, column: column + 1, name: 'f' };
    });
    for (const [index, found] of (await resolveFrames(frames)).entries()) {
      const { line, column } = frames[index];
      const entry = own.findEntry(line - 1, column - 1);
      const isTold = entry.generatedLine === line - 1 && entry.originalSource !== undefined;
      assert.equal(found !== null, isTold, `round ${round}, ${line}:${column}`);
      if (!isTold) continue;
      told++;
      const place = [path.basename(found.url), found.line - 1, found.column - 1];
      assert.deepEqual(place, [entry.originalSource, entry.originalLine, entry.originalColumn]);
    }
  }
  assert.ok(told > 250, `${told}`);
});

const section = (line, column, map = MAP) => ({ offset: { line, column }, map });

test('a section begins at its offset and ends at the next one', async (t) => {
  const text = '#'.repeat(20) + '\n';
  const one = { ...MAP, mappings: mappings([[[0, 0, 10, 0]], [[0, 0, 11, 0]], [[0, 0, 12, 0]]]) };
  const two = {
    ...MAP,
    sources: ['b.ts'],
    sourceRoot: '/r',
    mappings: mappings([[[2, 0, 20, 0]], [[2, 0, 21, 0]]]),
  };
  const map = { version: 3, sections: [section(0, 5, one), section(1, 8, two)] };
  const script = write(t, { text: text.repeat(4), map });
  const places = [
    [1, 5],
    [1, 6],
    [2, 8],
    [2, 9],
    [2, 11],
    [3, 1],
    [3, 3],
  ];
  const frames = places.map(([line, column]) => ({ url: script, line, column, name: '' }));
  const found = await resolveFrames(frames);
  const short = found.map((each) => each && `${path.basename(each.url)}:${each.line}`);
  assert.deepEqual(short, [null, 'a.ts:11', 'a.ts:12', 'a.ts:12', 'b.ts:21', null, 'b.ts:22']);
  assert.match(found.at(-1).url, /^file:\/\/\/r\/b\.ts$/);
});

for (const [title, map, reason] of [
  ['no JSON', 'root:x:0:0:secret', /^it is no JSON of a map$/],
  ['an array', '[]', /no JSON/],
  ['nothing', ' ', /ends too early/],
  ['cut off', JSON.stringify(MAP).slice(0, -20), /ends too early/],
  ['deep', '{"a":'.repeat(1e6), /ends too early/],
  ['wrong within', '{"version":3 "a"}', /no JSON/],
  ['of version 2', { ...MAP, version: 2 }, /version 3/],
  ['without mappings', { version: 3, sources: [] }, /no mappings/],
  ['without sources', { version: 3, mappings: '' }, /no sources/],
  ['with mappings that are a number', { ...MAP, mappings: 7 }, /no JSON of a map/],
  ['with sources that are a text', { ...MAP, sources: 'a.ts' }, /no JSON of a map/],
  ['with other characters', { ...MAP, mappings: 'AA!A' }, /base64 VLQ/],
  ['with other escapes', JSON.stringify(MAP).replace(MAPPINGS, '\\u0041AAA'), /base64 VLQ/],
  ['with half a segment', { ...MAP, mappings: 'AA' }, /base64 VLQ/],
  ['with half a number', { ...MAP, mappings: 'AAg' }, /base64 VLQ/],
  ['with six numbers', { ...MAP, mappings: 'AAAAAA' }, /too many numbers/],
  ['with a negative line', { ...MAP, mappings: 'AADA' }, /out of range/],
  ['with a huge line', { ...MAP, mappings: `AA${vlq(2 ** 31)}A` }, /out of range/],
  ['with an endless number', { ...MAP, mappings: `AA${'g'.repeat(1e6)}AA` }, /out of range/],
  ['out of order', { ...MAP, mappings: 'IAAA,DAAA' }, /not in order/],
  [
    'with sections out of order',
    { version: 3, sections: [section(2, 0), section(1, 0)] },
    /not in order/,
  ],
  ['with an offset of nothing', { version: 3, sections: [section(0, -1)] }, /offset out of range/],
  ['with a huge offset', { version: 3, sections: [section(1e15, 0)] }, /offset out of range/],
  [
    'with a section of an address',
    { version: 3, sections: [{ offset: { line: 0, column: 0 }, url: 'x' }] },
    /no map/,
  ],
  [
    'with sections within sections',
    { version: 3, sections: [section(0, 0, { version: 3, sections: [] })] },
    /no mappings/,
  ],
]) {
  test(`a damaged map is no error: ${title}`, async (t) => {
    assert.match((await damageOf(t, { map })) ?? 'nothing', reason);
  });
}

test('a map that is damaged anywhere: an answer, or a reason', async (t) => {
  const random = randomFrom(11);
  const map = {
    version: 3,
    sections: [section(0, 0), section(1, 0, { ...MAP, sourceRoot: '/r' })],
  };
  const whole = Buffer.from(JSON.stringify(map));
  const script = write(t, { map });
  const frames = [FRAME, { line: 2, column: 9, name: 'c' }].map((one) => ({ url: script, ...one }));
  const outcomes = new Set();
  for (let round = 0; round < 300; round++) {
    const bytes = Buffer.from(whole);
    for (let flips = random(3); flips >= 0; flips--) {
      const byte = random(4) ? '{}[]",:;\\A0'.charCodeAt(random(11)) : random(256);
      bytes[random(bytes.length)] = byte;
    }
    const length = random(5) ? bytes.length : random(bytes.length);
    fs.writeFileSync(path.join(path.dirname(script), 'm.map'), bytes.subarray(0, length));
    const { scripts } = await resolveSources(frames);
    assert.equal(scripts.mapped + scripts.damaged.length, 1);
    outcomes.add(scripts.damaged[0]?.reason ?? 'told');
  }
  assert.ok(outcomes.size > 6, [...outcomes].join('; '));
});

test('a map that is whole and of no use: indexes of nothing, sources that are none', async (t) => {
  for (const more of [
    { sources: [] },
    { sources: [null] },
    { sources: [['a.ts']] },
    { sources: ['x'.repeat(1e5)] },
  ]) {
    const { found, scripts } = await resolveOne(write(t, { map: { ...MAP, ...more } }));
    assert.deepEqual([found, scripts.mapped], [null, 1], JSON.stringify(more).slice(0, 40));
  }
  for (const names of [[], [7], [''], undefined]) {
    const { found } = await resolveOne(write(t, { map: { ...MAP, names } }));
    assert.equal(found.name, 'a', `${names}`);
  }
});

test('a data: URL that is none', async (t) => {
  for (const url of ['data:', 'data:application/json,%zz', 'data:application/json,%7']) {
    const how = { comment: `//# sourceMappingURL=${url}`, map: null };
    assert.match(await damageOf(t, how), /data: URL is not well-formed/, url);
  }
});

test('only regular files of a sensible size are read, and nothing waits', async (t) => {
  const script = write(t, { map: null });
  const map = path.join(path.dirname(script), 'm.map');
  const reason = async () => (await resolveOne(script)).scripts.damaged[0]?.reason;
  assert.equal(await reason(), undefined, 'a missing map is not damaged');
  fs.mkdirSync(map);
  assert.equal(await reason(), 'it is no regular file');
  fs.rmdirSync(map);
  execFileSync('mkfifo', [map]);
  assert.equal(await reason(), 'it is no regular file');
  fs.unlinkSync(map);
  fs.writeFileSync(map, '{');
  fs.truncateSync(map, 256 * 2 ** 20 + 1);
  assert.equal(await reason(), 'it is larger than 256 MB');
});

test('a file that a script calls its map is not quoted', async (t) => {
  const secret = path.join(tempDir(t), 'secret');
  fs.writeFileSync(
    secret,
    '{"version":3,"sources":["password"],"names":[],"mappings":"password!"}',
  );
  const { scripts } = await resolveOne(write(t, { comment: `//# sourceMappingURL=${secret}` }));
  assert.equal(scripts.damaged.length, 1);
  assert.doesNotMatch(JSON.stringify(scripts), /password/);
});

test('a sibling that nobody calls a map may be anything', async (t) => {
  const { found, scripts } = await resolveOne(
    write(t, { comment: '', map: 'here be dragons', mapFile: 'a.js.map' }),
  );
  assert.deepEqual([found, scripts], [null, { seen: 1, mapped: 0, damaged: [] }]);
});

test('a large map does not fill the heap', async (t) => {
  const script = write(t, {});
  const many = `[${'{},'.repeat(3e6)}{}]`;
  const long = 'AAAA,'.repeat(2e6);
  fs.writeFileSync(
    path.join(path.dirname(script), 'm.map'),
    `{"version":3,"x":${many},"sources":["a.ts"],"names":${many},"mappings":"${long}${MAPPINGS}"}`,
  );
  const child = startNode(
    `require('./lib/source-maps.js').resolveFrames([{ url: ${JSON.stringify(script)}, line: 1, column: 11, name: 'a' }])
      .then(([found]) => console.log(found.line));`,
    { preamble: '', cwd: path.join(__dirname, '../..'), nodeArgs: ['--max-old-space-size=40'] },
  );
  const { stdout, stderr } = await child.finished;
  assert.equal(stdout, '5\n', stderr.slice(0, 300));
});

test('it ends with the signal, between scripts', async (t) => {
  const frames = [{ url: write(t, {}), ...FRAME }];
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(resolveFrames(frames, { signal }), /enough/);
});

test('a fifth of a million lines of one script', async (t) => {
  const lines = Array.from({ length: 2e5 }, (_, index) => [[0, 0, index + 9, 0]]);
  const url = write(t, { text: 'x\n'.repeat(2e5), map: { ...MAP, mappings: mappings(lines) } });
  const wanted = lines.map((_, index) => index + 1);
  const found = await resolveLines(url, wanted);
  assert.ok(found.every(({ line }, index) => line === index + 10));
});
