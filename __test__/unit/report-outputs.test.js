'use strict';

/** The outputs of a report, with names that mean harm too. */

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const test = require('node:test');
const { reportHtml } = require('../../lib/cli/html/report.js');
const { diffMarkdown } = require('../../lib/cli/markdown/diff.js');
const { reportMarkdown } = require('../../lib/cli/markdown/report.js');
const { makeStyle } = require('../../lib/cli/style.js');
const { diffText } = require('../../lib/cli/text/diff.js');
const { inspectionText } = require('../../lib/cli/text/inspection.js');
const { reportText } = require('../../lib/cli/text/report.js');
const { width } = require('../../lib/cli/text/width.js');
const {
  HOSTILE,
  diffOf,
  faced,
  healthy,
  hostile,
  inspection,
  leaky,
} = require('./report-fixtures.js');

const look = (columns = 100, coloured = false) => ({
  style: makeStyle(coloured),
  columns,
  names: ['captures/rooms.heapsnapshot.gz'],
});

/** A sentence of the text, however its lines are broken. */
const flat = (text) => text.replace(/\s+/g, ' ');

function assertOrder(text, ...parts) {
  const at = parts.map((part) => text.indexOf(part));
  assert.ok(
    at.every((one) => one >= 0),
    `${parts.filter((_, index) => at[index] < 0)} in\n${text}`,
  );
  assert.deepEqual(
    [...at].sort((a, b) => a - b),
    at,
  );
}

const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

test('text: verdict, suspects, overview, tables, in this order', () => {
  const text = reportText(faced(leaky()), look());
  assertOrder(
    flat(text),
    'Verdict rooms.heapsnapshot.gz',
    '1 Manager @65893 holds 84.9 % of the heap (104.2 MB), accumulated in Array @72201: 31,356 Room objects.',
    'Suspect 1 An array that only grows',
    '84.9 % of the heap, 104.2 MB, 31,356 objects',
    '.rooms Array @72201 104.2 MB',
    'Message 376,272',
    'What to do Remove rooms',
    'Suspect 2',
    'Defined at /srv/app/lib/replace-thing.js:12:18',
    'originalThing (variable)',
    'Overview',
    'Heap 122.7 MB: 3,709,145 objects',
    'Classes',
    'Biggest objects',
    'Duplicate strings',
    'Collections',
    'npx rsprof inspect captures/rooms.heapsnapshot.gz @72201',
  );
  assert.ok(text.endsWith('\n'));
});

test('text: a healthy heap has no suspects, and says so first', () => {
  const text = reportText(faced(healthy()), look());
  assert.match(text.split('\n')[1], /^ {2}No suspect:/);
  assert.doesNotMatch(text, /Suspect \d|Duplicate|inspect/);
});

test('text: no line is wider than the terminal', () => {
  for (const columns of [60, 80, 100]) {
    const texts = [
      reportText(faced(leaky()), look(columns)),
      reportText(faced(hostile()), look(columns)),
      diffText({ ...diffOf(), durationMs: 1 }, look(columns)),
      inspectionText(inspection(), look(columns)),
    ];
    for (const line of texts.join('').split('\n')) {
      assert.ok(width(line) <= Math.max(columns, 80), `${columns}: ${line}`);
    }
  }
});

test('text: colours only where they are wanted, and never from the snapshot', () => {
  const plain = reportText(faced(hostile()), look());
  assert.doesNotMatch(plain.replaceAll('\n', ''), unsafe);
  const coloured = reportText(faced(hostile()), look(100, true));
  // What lies between two escape sequences of ours is their end, and text.
  const parts = coloured.split('\u001b').map((part) => part.replace(/^\[\d+m/, ''));
  assert.doesNotMatch(parts.join('').replaceAll('\n', ''), unsafe);
  assert.notEqual(coloured, plain);
});

/** A report whose only suspect has code in its explanation and its advice. */
function withCode() {
  const [suspect] = leaky().suspects;
  const explanation = 'Not in `heapUsed`: see `external` <b> of process.memoryUsage().';
  const advice = `${'So long a line that the code goes on behind its end, as it is wrapped here: '.slice(0, 72)} \`npx rsprof inspect\`.`;
  return faced({ ...leaky(), suspects: [{ ...suspect, explanation, advice }] });
}

test('text: code in a sentence is bold where there are colours, and never in backticks', () => {
  const plain = reportText(withCode(), look());
  assert.doesNotMatch(plain, /`/);
  assert.match(flat(plain), /Not in heapUsed: see external <b> of/);
  const coloured = reportText(withCode(), look(100, true));
  assert.ok(coloured.includes('\u001b[1mheapUsed\u001b[22m'));
  // On two lines, each with its own beginning and end.
  const [, ...bold] = coloured.split('\u001b[1m');
  const code = bold.map((part) => part.split('\u001b[22m')[0]);
  assert.ok(code.join(' ').includes('npx rsprof inspect'), code.join('|'));
});

test('HTML and Markdown: code in a sentence is code', () => {
  const page = reportHtml(withCode(), look());
  assert.ok(page.includes('Not in <code>heapUsed</code>: see <code>external</code> &lt;b&gt; of'));
  assert.ok(page.includes('<code>npx rsprof inspect</code>.'));
  const text = reportMarkdown(withCode());
  assert.ok(text.includes('Not in `heapUsed`: see `external` \\<b\\> of'), text);
  assert.ok(text.includes('`npx rsprof inspect`.'));
});

test('text: a path that is too long loses its middle', () => {
  const [first] = leaky().objects;
  const pathText = `global.${'service.'.repeat(20)}manager.rooms`;
  const text = reportText(faced({ ...leaky(), objects: [{ ...first, pathText }] }), look());
  assert.match(text, /global\.ser\S*…\S*\.manager\.rooms/);
});

test('text: a comparison says what grows, the files, the classes', () => {
  const text = diffText({ ...diffOf(), durationMs: 1 }, look());
  assertOrder(
    flat(text),
    'Room grows: 31,000 more objects',
    'Growth 1 grew from each file to the next',
    '+31,000 objects, +1.9 MB shallow, +82.1 MB retained',
    'c.heapsnapshot.gz 122.7 MB +84.6 MB',
    'Growth +84.6 MB (+221.7 %)',
    'object by object',
    '356 → 15,000 → 31,356',
    'Array @72201 356 31,356 +31,000 +82.0 MB global.manager.rooms',
    'Map @80333 new 1,200 +1,200 +390.6 kB global.manager.index',
  );
  const shrunk = diffOf({
    growing: [],
    collections: [],
    growth: { totalSize: -1024, objects: -3 },
  });
  assert.match(diffText({ ...shrunk, durationMs: 1 }, look()), /-1\.0 kB \(-0\.0 %\), -3 objects/);
});

test('text: an object, what it holds and who holds it', () => {
  const text = inspectionText(inspection(), look());
  assertOrder(
    flat(text),
    'Manager @65893 object',
    'Dominator global @3',
    'Holds (2)',
    '.rooms Array @72201',
    'Held by (1)',
    'Dominates (4,012)',
    '4,011 more (--limit 4012)',
  );
});

test('Markdown: an issue with the verdict open and the tables folded', () => {
  const text = reportMarkdown(faced(leaky()));
  assertOrder(
    text,
    '### Heap snapshot `rooms.heapsnapshot.gz`',
    '> 1 Manager `@65893` holds',
    '#### Suspect 1: An array that only grows',
    '| `.rooms` | `Array @72201` | 104.2 MB | 84.9 % |',
    '**What to do:**',
    '<summary>Overview</summary>',
    '<summary>Collections</summary>',
  );
  const compared = diffMarkdown(diffOf());
  assert.match(compared, /### Heap growth: \+84\.6 MB, \+2,809,145 objects/);
  const row = '| `Array @72201` | 356 | 31,356 | +31,000 | +82.0 MB | `global.manager.rooms` |';
  assert.ok(compared.includes(row), compared);
  assert.doesNotMatch(diffMarkdown(diffOf({ collections: [] })), /Collections/);
});

test('Markdown: nothing from the snapshot is markup, a mention or a new line', () => {
  const text = reportMarkdown(faced(hostile()));
  assert.doesNotMatch(text.replaceAll('\n', ''), unsafe);
  assert.doesNotMatch(text, /(?<!\\)<(img|\/script)/);
  assert.doesNotMatch(text, /@octocat/);
  assert.doesNotMatch(text, /^# h/m);
  for (const line of text.split('\n').filter((one) => one.startsWith('|'))) {
    const bars = line.match(/\|/g).length;
    assert.ok(bars >= 4 && bars <= 6, line);
  }
});

/** The elements of a page in their order, by a scanner that knows no entities: text is what is left. */
function tags(page) {
  return [...page.matchAll(/<(\/?[a-z0-9]+)([^<>]*)>/gi)].map(([, name, rest]) => ({ name, rest }));
}

test('HTML: one file, no network, no inline handler or style, a policy that holds', () => {
  const page = reportHtml(faced(leaky()), look());
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)[1];
  assert.match(policy, /^default-src 'none'; /);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  for (const name of ['style', 'script']) {
    const content = new RegExp(`<${name}>([^]*?)</${name}>`).exec(page)[1];
    const hash = crypto.createHash('sha256').update(content).digest('base64');
    assert.ok(policy.includes(`${name}-src 'sha256-${hash}'`), name);
    assert.equal(page.split(`<${name}`).length, 2, `one ${name}`);
  }
  for (const { name, rest } of tags(page)) {
    assert.doesNotMatch(rest, /\s(on\w+|style)\s*=/i, `${name}${rest}`);
    const address = /\s(?:href|src|action)\s*=\s*"([^"]*)"/.exec(rest)?.[1] ?? '#';
    assert.match(address, /^(#|data:,$)/, name);
  }
});

test('HTML: landmarks, headings, table headers and labels', () => {
  const page = reportHtml(faced(leaky()), look());
  for (const part of ['<html lang="en">', '<main id="main">', '<nav aria-label', '<footer>']) {
    assert.ok(page.includes(part), part);
  }
  assert.equal(page.split('<h1>').length, 2);
  const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length, 'ids are unique');
  for (const [, target] of page.matchAll(/(?:href="#|aria-labelledby="|\sfor=")([^"]+)"/g)) {
    assert.ok(ids.includes(target), target);
  }
  assert.equal(page.split('<table').length, page.split('<caption>').length);
  assert.match(page, /<th scope="col"[^>]*><button type="button">Retained/);
  assertOrder(page, 'id="verdict"', 'id="suspects"', 'id="overview"', 'id="classes"');
});

test('HTML: a healthy heap is told what to do next', () => {
  const page = reportHtml(faced(healthy()), look());
  assert.match(page, /class="verdict calm"/);
  assert.match(page, /npx rsprof diff captures\/rooms\.heapsnapshot\.gz LATER/);
  assert.doesNotMatch(page, /id="collections"/);
});

test('HTML: the memory that the snapshot does not see', () => {
  const rss = { rss: 100, seen: 60, unseen: 40, unseenShare: 0.4, sentence: 'It sees 60 %.' };
  const sidecar = { startedAt: '2026-11-21T10:01:01.559Z', reason: HOSTILE };
  const page = reportHtml(faced(leaky(), { rss, sidecar }), look());
  assert.match(page, /RSS of the process: 60\.0 % seen, 40\.0 % not seen/);
  assert.match(page, /taken 2026-11-21 10:01:01 UTC/);
  assert.doesNotMatch(page, /<img/);
});

test('HTML: nothing from the snapshot is markup', () => {
  const page = reportHtml(faced(hostile()), look());
  const [harmless, harmful] = [reportHtml(faced(leaky()), look()), page].map((one) =>
    [...new Set(tags(one).map(({ name }) => name.replace('/', '')))].sort(),
  );
  assert.deepEqual(
    harmful.filter((name) => !harmless.includes(name)),
    [],
  );
  assert.equal(page.split('</script>').length, 2);
  assert.doesNotMatch(page.replaceAll('\n', ''), unsafe);
});
