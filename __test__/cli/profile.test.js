'use strict';

/** analyze and diff of profiles on the command line. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { names, tempDir } = require('../support/tempdir.js');
const { cli, cliJson } = require('./run.js');

const ESCAPE = '\u001b[31m';

/** 80 ms of which `hot` takes 60, called by `main`, and an idle fifth. */
function writeProfile(dir, name, { hot = 'hot', hits = 60, rsprof } = {}) {
  const frame = (functionName, url, lineNumber) => ({
    functionName,
    scriptId: url ? '7' : '0',
    url,
    lineNumber,
    columnNumber: 4,
  });
  const script = 'file:///srv/chat/app.js';
  const document = {
    nodes: [
      { id: 1, callFrame: frame('(root)', '', -1), hitCount: 0, children: [2, 4] },
      { id: 2, callFrame: frame('main', script, 1), hitCount: 20, children: [3] },
      {
        id: 3,
        callFrame: frame(hot, script, 8),
        hitCount: hits,
        children: [],
        positionTicks: [
          { line: 10, ticks: 50 },
          { line: 11, ticks: 10 },
        ],
      },
      { id: 4, callFrame: frame('(idle)', '', -1), hitCount: 20, children: [] },
    ],
    startTime: 0,
    endTime: 100_000,
    samples: Array.from({ length: 100 }, (_, at) => (at < hits ? 3 : at < 80 ? 2 : 4)),
    timeDeltas: Array(100).fill(1000),
    rsprof,
  };
  const file = path.join(dir, name);
  fs.writeFileSync(file, JSON.stringify(document));
  return file;
}

test('the text of a profile: verdict, findings, overview, functions, lines', async (t) => {
  const file = writeProfile(tempDir(t), 'a.cpuprofile');
  const { code, stdout, stderr } = await cli('analyze', file);
  assert.deepEqual([code, stderr], [0, '']);
  const lines = stdout.split('\n');
  assert.match(lines[0], /^Verdict {2}a\.cpuprofile/);
  const said = stdout.replace(/\s+/g, ' ');
  for (const words of [
    'hot (app.js:9) burns 75.0 % of the CPU time (60 ms), called from main (app.js:2). The thread was busy for 80.0 % of 100 ms, 0.0 % of that with garbage collection.',
    'Finding 1 A function that takes much of the time',
    'Where /srv/chat/app.js:9:5',
    'Called from main /srv/chat/app.js:2:5',
    'What to do Call it less often',
    'Recorded 100 ms, idle for 20.0 % of it: 4 functions, 100 samples, one each 1000 µs',
    'the program 80 ms 100.0 %',
    'hot app.js:9 60 ms 75.0 % 60 ms 75.0 % main 100.0 %',
    'main app.js:2 20 ms 25.0 % 80 ms 100.0 %',
    'app.js:10 62.5 % 50 hot',
  ])
    assert.ok(said.includes(words), `${words}\nis not in\n${stdout}`);
});

test('labels of samples', async (t) => {
  const rsprof = {
    version: 1,
    labels: [{ route: 'GET /search' }, { job: 'mail', tenant: 'a' }],
    labelSamples: Array.from({ length: 100 }, (_, at) => (at < 40 ? 0 : at < 60 ? 1 : -1)),
  };
  const file = writeProfile(tempDir(t), 'a.cpuprofile', { rsprof });
  const { stdout } = await cli('analyze', file);
  const said = stdout.replace(/\s+/g, ' ');
  assert.ok(
    said.includes('GET /search: 50.0 % of the CPU time (40 ms), 100.0 % of it in hot (app.js:9).'),
    stdout,
  );
  assert.match(stdout, /By label .*\n.*GET \/search +40 ms +50\.0 %/);
  assert.match(stdout, /job=mail, tenant=a +20 ms +25\.0 %/);
  assert.match(stdout, /\(no label\) +20 ms +25\.0 %/);
  const markdown = await cli('analyze', file, '--markdown');
  assert.match(markdown.stdout, /\| `GET \/search` \| 40 ms \| 50\.0 % \|/);
});

test('Markdown and JSON of a profile', async (t) => {
  const file = writeProfile(tempDir(t), 'a.cpuprofile');
  const { stdout } = await cli('analyze', file, '--markdown');
  assert.match(stdout, /^### CPU profile `a\.cpuprofile`/);
  assert.match(stdout, /> hot \(app\.js:9\) burns 75\.0 % of the CPU time/);
  assert.match(stdout, /#### Finding 1: A function that takes much of the time, 75\.0 %, 60 ms/);
  assert.match(stdout, /\| `hot` \| `app\.js:9` \| 60 ms \| 75\.0 % \| 75\.0 % \|/);
  const report = await cliJson('analyze', file);
  assert.equal(report.kind, 'cpuProfile');
  assert.equal(report.bySelf[0].selfWeight, 60_000);
});

test('two profiles compared, as text and Markdown', async (t) => {
  const dir = tempDir(t);
  const files = [
    writeProfile(dir, 'a.cpuprofile', { hits: 70 }),
    writeProfile(dir, 'b.cpuprofile', { hits: 5 }),
  ];
  const { code, stdout } = await cli('diff', ...files);
  assert.equal(code, 0);
  assert.match(
    stdout.replace(/\s+/g, ' '),
    /(hot|main) \(app\.js:\d\) went from [\d.]+ % to [\d.]+ %/,
  );
  assert.match(stdout, /Changed {2}beyond the noise/);
  assert.match(stdout, /hot +app\.js:9 +87\.5 % +6\.3 % +-81\.3/);
  const markdown = await cli('diff', ...files, '--markdown');
  assert.match(markdown.stdout, /^### Two CPU profiles compared/);
  assert.match(markdown.stdout, /\| `hot` \| `app\.js:9` \| 87\.5 % \| 6\.3 % \| -81\.3 \|/);
});

test('--fail-on-growth is not about profiles', async (t) => {
  const dir = tempDir(t);
  const file = writeProfile(dir, 'a.cpuprofile');
  const { code, stderr } = await cli('diff', file, file, '--fail-on-growth', '1MB');
  assert.equal(code, 2);
  assert.match(stderr, /--fail-on-growth is about heap snapshots.*ERR_RSPROF_INVALID_ARG/);
});

test('--html writes the flame graph with the verdict above it, and nothing else', async (t) => {
  const dir = tempDir(t);
  const file = writeProfile(dir, 'a.cpuprofile', { hot: '<img src=x onerror=alert(1)>' });
  const out = path.join(dir, 'a.html');
  const { code, stdout } = await cli('analyze', file, '--html', out);
  assert.equal(code, 0);
  assert.match(stdout, /burns 75\.0 %.*\n.*a\.html\n$/s);
  assert.deepEqual(names(dir), ['a.cpuprofile', 'a.html']);
  const page = fs.readFileSync(out, 'utf8');
  assert.match(
    page,
    /<section id="verdict"[^>]*><p>&lt;img src=x onerror=alert\(1\)&gt; \(app\.js:9\)/,
  );
  assert.doesNotMatch(page, /<img/);
  assert.match(page, /Content-Security-Policy/);
});

test('names of a profile move no terminal', async (t) => {
  const file = writeProfile(tempDir(t), 'a.cpuprofile', { hot: `evil${ESCAPE}\nname` });
  for (const form of [[], ['--markdown'], ['--json']]) {
    const { code, stdout } = await cli('analyze', file, ...form);
    assert.equal(code, 0);
    assert.ok(!stdout.includes(ESCAPE), `${form}`);
  }
});
