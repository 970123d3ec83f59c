'use strict';

// The page in a real Chromium, on the leaking room server of the examples: by clicks alone somebody finds who holds
// the memory and who burns the CPU. The page must neither complain nor ask anybody else for anything.

const assert = require('node:assert/strict');
const { fork } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, beforeEach, test } = require('node:test');

const { request } = require('../../scripts/support/load.js');
const { binary } = require('../cli/chromium.js');
const { root } = require('../support/env.js');

const PATIENCE_MS = 90_000;

/** Enough that the leak stands out of Node's own heap. */
const ROOMS = 4000;
const AT_ONCE = 50;

const skip = binary ? false : 'no Chromium here (CHROMIUM names one)';

let dir;
let server;
let browser;
let page;
const complaints = [];
const strangers = [];

const origin = () => `http://127.0.0.1:${server.port}`;
const open = (hash) => page.goto(`${origin()}/profiler/${hash}`);

async function startServer(env = {}) {
  const child = fork(path.join(root, 'examples', 'room-server', 'server.js'), {
    env: { ...process.env, CAPTURES_DIR: path.join(dir, 'captures'), TMPDIR: dir, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const { port } = await new Promise((resolve) => child.once('message', resolve));
  return { child, port };
}

async function playRooms(count) {
  for (let done = 0; done < count; done += AT_ONCE) {
    const play = () => request(server.port, 'POST', '/rooms');
    await Promise.all(Array.from({ length: AT_ONCE }, play));
  }
}

async function newPage(options) {
  const made = await browser.newPage(options);
  made.setDefaultTimeout(PATIENCE_MS);
  made.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  made.on('pageerror', (error) => complaints.push(error.stack));
  made.on('request', (sent) => {
    const url = sent.url();
    if (!url.startsWith(`${origin()}/`) && !url.startsWith('data:')) strangers.push(url);
  });
  return made;
}

const links = (name) => page.locator('ul.captures').getByRole('link', { name, exact: true });

/** Presses a button that captures, and waits for what comes of it. */
async function take(name, verb = 'Take') {
  const count = await links(name).count();
  await page.getByRole('button', { name: `${verb}: ${name}` }).click();
  await links(name).nth(count).waitFor();
}

const tab = (name) => page.getByRole('tab', { name, exact: true });

before(async () => {
  if (skip) return;
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-page-'));
  const { chromium } = require('playwright-core');
  server = await startServer();
  await playRooms(ROOMS);
  browser = await chromium.launch({ executablePath: binary, args: ['--no-sandbox'] });
  page = await newPage({ viewport: { width: 1280, height: 900 } });
});

beforeEach(() => {
  complaints.length = 0;
  strangers.length = 0;
});

after(async () => {
  await browser?.close();
  const child = server?.child;
  if (child) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.disconnect();
    await gone;
  }
  if (dir) fs.rmSync(dir, { recursive: true, force: true });
});

function assertQuiet() {
  assert.deepEqual(complaints, []);
  assert.deepEqual(strangers, []);
}

test('it tells what process this is, how it is, and what a capture would cost', {
  skip,
}, async () => {
  // Without the slash, as people type it.
  await page.goto(`${origin()}/profiler`);
  assert.equal(page.url(), `${origin()}/profiler/`);
  await page.getByRole('heading', { name: 'room-server/server.js' }).waitFor();
  await page.waitForFunction(() =>
    /Heap|heap/.test(document.querySelector('.health')?.textContent),
  );
  await page.getByText(/about\s[\d.]+\sm?s stop, .*in a child/).waitFor();
  assert.equal(await page.locator('canvas').count(), 8);
  for (const name of [/^1\sh$/, /^24\sh$/, /^5\smin$/]) {
    await page.locator('fieldset.choice span').getByText(name).click();
  }
  assertQuiet();
});

test('who holds the memory is found by clicks', { skip }, async () => {
  await open('#/');
  await take('Heap snapshot');
  await links('Heap snapshot').first().click();
  const verdict = page.locator('.verdict').first();
  await verdict.waitFor();
  assert.match(
    await verdict.textContent(),
    /Manager @\d+ holds .* Map rooms @\d+: [\d,]+ Room objects/,
  );
  // The object itself: who holds it, what it refers to.
  await page.locator('button.object').first().click();
  await page.getByText('Who holds it', { exact: true }).waitFor();
  await page.getByText('What it refers to', { exact: true }).waitFor();
  // A class among all, and its objects.
  await tab('Classes').click();
  await page.getByRole('searchbox').fill('Room');
  await page.getByRole('button', { name: 'Room', exact: true }).click();
  await page.getByText('Objects of Room', { exact: true }).waitFor();
  await tab('Dominators').click();
  await page.getByRole('treeitem').first().press('ArrowRight');
  await page.getByRole('treeitem', { level: 2 }).first().waitFor();
  assertQuiet();
});

test('what has grown between two snapshots is told', { skip }, async () => {
  await playRooms(ROOMS / 2);
  await open('#/');
  await take('Heap snapshot');
  const boxes = page.getByRole('checkbox', { name: /^Compare: Heap snapshot/ });
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await page.locator('.views').getByText(/Room/).first().waitFor();
  assertQuiet();
});

test('who burns the CPU is found by clicks, stopped early and kept', { skip }, async () => {
  await open('#/');
  await page
    .getByRole('combobox', { name: /Seconds|record/i })
    .first()
    .selectOption('300');
  const count = await links('CPU profile').count();
  await page.getByRole('button', { name: 'Record: CPU profile' }).click();
  const stop = page.getByRole('button', { name: 'Stop and keep' });
  await stop.waitFor();
  await playRooms(ROOMS / 4);
  await stop.click();
  await links('CPU profile').nth(count).waitFor();
  await links('CPU profile').first().click();
  const view = page.locator('.views');
  await view
    .getByText(/burns [\d.]+ % of the CPU time/)
    .first()
    .waitFor();
  await view.locator('canvas').first().waitFor();
  await view.getByRole('searchbox').first().fill('pack');
  assertQuiet();
});

test('a capture that runs is cancelled; one that is there is downloaded and deleted', {
  skip,
}, async () => {
  await open('#/');
  await page.getByRole('button', { name: 'Record: Allocation profile' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page
    .getByText(/cancelled/i)
    .first()
    .waitFor();
  await take('Class histogram');
  await take('Diagnostic report');
  const download = page.waitForEvent('download');
  await page
    .getByRole('link', { name: /^Download: Heap snapshot/ })
    .first()
    .click();
  const file = await download;
  assert.match(file.suggestedFilename(), /\.heapsnapshot$/);
  const { nodes } = JSON.parse(fs.readFileSync(await file.path(), 'utf8'));
  assert.ok(nodes.length > 100_000);
  const snapshots = await links('Heap snapshot').count();
  await page
    .getByRole('button', { name: /^Delete: Heap snapshot/ })
    .first()
    .click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.waitForFunction(
    (wanted) => document.querySelectorAll('ul.captures a[href^="#/capture/"]').length < wanted,
    await page.locator('ul.captures a[href^="#/capture/"]').count(),
  );
  assert.equal(await links('Heap snapshot').count(), snapshots - 1);
  assertQuiet();
});

test('the report and the histogram open as tables', { skip }, async () => {
  for (const name of ['Diagnostic report', 'Class histogram']) {
    await open('#/');
    await links(name).first().click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    await page.locator('table, details').first().waitFor();
  }
  assertQuiet();
});

test('in Chinese, in the dark, on a phone', { skip }, async () => {
  const phone = await newPage({
    colorScheme: 'dark',
    locale: 'zh-CN',
    viewport: { width: 360, height: 740 },
  });
  await phone.goto(`${origin()}/profiler/`);
  await phone.getByRole('heading', { name: '堆快照' }).waitFor();
  assert.equal(await phone.evaluate(() => document.documentElement.lang), 'zh');
  const { wide, seen, dark } = await phone.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    seen: document.documentElement.clientWidth,
    dark: getComputedStyle(document.body).backgroundColor,
  }));
  assert.ok(wide <= seen, `${wide} wide of ${seen}`);
  assert.match(dark, /rgb\((\d|[1-4]\d), (\d|[1-4]\d), (\d|[1-4]\d)\)/);
  await phone.close();
  assertQuiet();
});
