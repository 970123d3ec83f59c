'use strict';

/** The HTML report in a real browser. RSPROF_SCREENSHOTS=DIR keeps pictures of it. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { pathToFileURL } = require('node:url');

const { reportHtml } = require('../../lib/cli/html/report.js');
const { unseenMemory } = require('../../lib/unseen-memory.js');
const fixtures = require('../unit/report-fixtures.js');
const { Chromium, binary } = require('./chromium.js');

const options = { skip: binary ? false : 'no Chromium here' };
const work = fs.mkdtempSync(path.join(require('node:os').tmpdir(), 'rsprof-page-'));
let chromium;

before(() => {
  if (binary) chromium = new Chromium(path.join(work, 'profile'));
});

after(async () => {
  await chromium?.close();
  fs.rmSync(work, { recursive: true, force: true, maxRetries: 5 });
});

const SIDECAR = {
  startedAt: '2026-11-21T10:01:01.559Z',
  versions: { node: '20.20.2' },
  host: { pid: 21555, threadId: 0 },
  process: { rss: 186_000_000, external: 4_000_000 },
};

/** Writes the page of a report and opens it. */
async function open(name, how) {
  const report = fixtures.faced(fixtures[name](), { sidecar: SIDECAR });
  report.rss = unseenMemory(report.overview, SIDECAR);
  const file = path.join(work, `${name}.html`);
  fs.writeFileSync(file, reportHtml(report, { names: ['rooms.heapsnapshot.gz'] }));
  const page = await chromium.open(String(pathToFileURL(file)), how);
  const pictures = process.env.RSPROF_SCREENSHOTS;
  if (pictures)
    await page.screenshot(path.join(pictures, `${name}-${Object.values(how ?? {})}.png`));
  return page;
}

const SIZES = [{ width: 360 }, { width: 800 }, { width: 1400 }];

for (const name of ['leaky', 'healthy', 'hostile']) {
  test(
    `${name}: nothing is loaded, refused or thrown, and nothing sticks out`,
    options,
    async () => {
      for (const scheme of ['light', 'dark']) {
        for (const { width } of SIZES) {
          const page = await open(name, { width, scheme });
          const requests = page.problems.filter((text) => !/^(file|data):/.test(text));
          assert.deepEqual(requests, []);
          const widest = await page.evaluate('document.documentElement.scrollWidth');
          assert.ok(widest <= width, `${widest} of ${width}`);
        }
      }
    },
  );
}

/** WCAG contrast of each text with what is behind it, the least of them. */
const LEAST_CONTRAST = `(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((one) => one / 255)
      .map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = parse(getComputedStyle(one).backgroundColor);
      if (color[3] !== 0) return color;
    }
    return [255, 255, 255];
  };
  let least = { contrast: 21 };
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.closest('svg, script')) continue;
    const pair = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (contrast < least.contrast) least = { contrast, text: element.textContent.slice(0, 40) };
  }
  return least;
})()`;

test('every text can be read, by day and by night', options, async () => {
  for (const scheme of ['light', 'dark']) {
    const page = await open('leaky', { width: 1100, scheme });
    const { contrast, text } = await page.evaluate(LEAST_CONTRAST);
    assert.ok(contrast >= 4.5, `${scheme}: ${contrast.toFixed(2)} of "${text}"`);
  }
});

const NAMES = `[...document.querySelectorAll('#classes tbody tr:not([hidden]) th')].map((one) => one.textContent)`;
const SORTED = `[...document.querySelectorAll('#classes thead th')].map((one) => one.getAttribute('aria-sort'))`;
const button = (title) =>
  `[...document.querySelectorAll('#classes thead button')].find((one) => one.textContent === '${title}')`;

test('a table sorts by its headers, by mouse and by keyboard', options, async () => {
  const page = await open('leaky');
  const first = await page.evaluate(NAMES);
  assert.deepEqual(await page.evaluate(SORTED), [null, null, null, 'descending', null]);
  await page.evaluate(`${button('Objects')}.click()`);
  const byCount = await page.evaluate(NAMES);
  assert.equal(byCount[0], '(string)');
  assert.deepEqual([...byCount].sort(), [...first].sort());
  await page.evaluate(`${button('Class')}.focus()`);
  await page.press('Enter', '\r');
  const byName = await page.evaluate(NAMES);
  assert.deepEqual(await page.evaluate(SORTED), ['ascending', null, null, null, null]);
  await page.press('Enter', '\r');
  assert.deepEqual(await page.evaluate(NAMES), [...byName].reverse());
});

test('a table is searched as one types, and whole again after Escape', options, async () => {
  const page = await open('leaky');
  const all = await page.evaluate(NAMES);
  await page.evaluate(`document.getElementById('classes-search').focus()`);
  await page.type('ROOM');
  assert.deepEqual(await page.evaluate(NAMES), ['Room']);
  const output = `document.querySelector('#classes output').value`;
  assert.equal(await page.evaluate(output), `1 of ${all.length}`);
  await page.press('Escape');
  assert.deepEqual(await page.evaluate(NAMES), all);
  assert.equal(await page.evaluate(output), '');
});

test('what is hostile is shown as the text it is', options, async () => {
  const page = await open('hostile');
  const shown = await page.evaluate(`document.querySelector('#classes tbody th').textContent`);
  assert.match(shown, /^\\x1b\[31mred\\x1b\]0;title\\x07\\x9b2J\\u202e<img src=x/);
  assert.equal(await page.evaluate(`document.querySelectorAll('img').length`), 0);
});
