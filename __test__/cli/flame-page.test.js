'use strict';

/** The flame graph in a real browser. RSPROF_SCREENSHOTS=DIR keeps pictures of it. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { pathToFileURL } = require('node:url');

const { flamePage } = require('../../lib/flame-page.js');
const { plantedAllocator, plantedBusy } = require('../support/busy.js');
const { cpuFlameData, allocationFlameData } = require('../support/flame-data.js');
const {
  HOSTILE,
  flameData,
  hostile,
  large,
  recursive,
  server,
} = require('../support/flame-fixtures.js');
const { Chromium, binary } = require('./chromium.js');

const options = { skip: binary ? false : 'no Chromium here' };
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-flame-'));
let chromium;

before(() => {
  if (binary) chromium = new Chromium(path.join(work, 'profile'));
});

after(async () => {
  await chromium?.close();
  // What Chromium started may outlive it for a moment, and still write.
  fs.rmSync(work, { recursive: true, force: true, maxRetries: 15 });
});

/** Two frames later everything is drawn. */
const DRAWN = `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))`;

/** The page has read its data. */
const READY = `(async () => {
  while (!document.querySelector('.flame')) await ${DRAWN};
  await ${DRAWN};
})()`;

/** Zooms are over when the trail is what it is to be. */
const trail = `[...document.querySelectorAll('.flame-crumbs li')].map((one) => one.textContent)`;

async function until(page, expression, expected) {
  const isThere = `(async () => {
    const wanted = ${JSON.stringify(JSON.stringify(expected))};
    for (let frame = 0; frame < 600 && JSON.stringify(${expression}) !== wanted; frame++) await ${DRAWN};
    return ${expression};
  })()`;
  assert.deepEqual(await page.evaluate(isThere), expected);
}

/** Writes the page of a profile and opens it; nothing but the file itself may be asked for. */
async function open(name, data, how) {
  const file = path.join(work, `${name}.html`);
  fs.writeFileSync(file, flamePage(JSON.stringify(data)));
  const page = await chromium.open(String(pathToFileURL(file)), how);
  await page.evaluate(READY);
  const pictures = process.env.RSPROF_SCREENSHOTS;
  if (pictures) {
    const suffix = Object.values(how ?? {}).join('-');
    await page.screenshot(path.join(pictures, `flame-${name}-${suffix}.png`));
  }
  return page;
}

const calm = (page) =>
  assert.deepEqual(
    page.problems.filter((text) => !/^(file|data):/.test(text)),
    [],
  );

/** Where a row is in the window, at a part of its width. */
const place = (page, row, part) =>
  page.evaluate(`(() => {
    const canvas = document.querySelector('canvas');
    canvas.scrollIntoView();
    const box = canvas.getBoundingClientRect();
    return [box.left + box.width * ${part}, box.top + ${row} * 20 + 10];
  })()`);

async function clickRow(page, row, part) {
  await page.click(...(await place(page, row, part)));
}

const choose = (page, view) =>
  page.evaluate(`document.querySelector('input[value=${view}]').click()`);

const text = (page, selector) =>
  page.evaluate(`document.querySelector(${JSON.stringify(selector)}).textContent`);

const names = `[...document.querySelectorAll('tbody th button')].map((one) => one.textContent)`;

async function search(page, wanted) {
  await page.evaluate(`document.querySelector('input[type=search]').select()`);
  await page.type(wanted);
}

const FOUND = `document.querySelector('output').value`;

test(
  'a real profile of each kind, in each theme and width: nothing is loaded or thrown',
  options,
  async (t) => {
    const { cpuProfile, startHeapProfile } = require('../../index.js');
    const plain = { dir: work, compression: 'none', sidecar: false };
    const recording = cpuProfile({ ...plain, seconds: 0.3 });
    plantedBusy(200);
    const cpu = JSON.parse(fs.readFileSync((await recording).path, 'utf8'));
    const allocating = await startHeapProfile({ ...plain, interval: 4096 });
    t.kept = plantedAllocator(2);
    const heap = JSON.parse(fs.readFileSync((await allocating.stop()).path, 'utf8'));
    const profiles = [
      ['cpu', cpuFlameData(cpu, 'busy.cpuprofile'), 'plantedBusy'],
      ['allocation', allocationFlameData(heap, 'kept.heapprofile'), 'plantedAllocator'],
    ];
    for (const [name, data, fn] of profiles) {
      for (const how of [
        { width: 400, scheme: 'light' },
        { width: 800, scheme: 'dark' },
        { width: 1900, scheme: 'light' },
      ]) {
        const page = await open(name, data, how);
        for (const view of name === 'cpu' ? ['timeOrder', 'bottomUp', 'sandwich'] : ['bottomUp']) {
          await choose(page, view);
          await page.evaluate(DRAWN);
        }
        assert.ok((await page.evaluate(names)).includes(fn), `${name}: ${fn} is in the table`);
        const widest = await page.evaluate('document.documentElement.scrollWidth');
        assert.ok(widest <= how.width, `${name}: ${widest} of ${how.width}`);
        calm(page);
      }
    }
  },
);

test('a click zooms, the trail and keys lead back', options, async () => {
  const page = await open('server', server());
  assert.match(await text(page, '#summary'), /^CPU profile · 1\.00 s · 800 ms busy · 7 samples/);
  await until(page, trail, ['All']);
  // Row 2 of main: search with 400 ms of 800, then send with 350.
  await clickRow(page, 2, 0.7);
  await until(page, trail, ['All', 'main', 'send']);
  assert.match(await text(page, '.flame-picked'), /^send.*Total350 ms, 43\.8 %/s);
  await clickRow(page, 3, 0.9);
  await until(page, trail, ['All', 'main', 'send', 'pack']);
  await page.evaluate(`document.querySelectorAll('.flame-crumbs button')[1].click()`);
  await until(page, trail, ['All', 'main']);
  await page.evaluate(`document.querySelector('canvas').focus()`);
  await page.press('Backspace');
  await until(page, trail, ['All']);
  calm(page);
});

test(
  'by keyboard alone: arrows select and are spoken, Enter zooms, 0 shows all',
  options,
  async () => {
    const page = await open('server', server());
    await page.evaluate(`document.querySelector('canvas').focus()`);
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight']) await page.press(key);
    const spoken = `document.querySelector('[aria-live]').textContent`;
    assert.match(
      await page.evaluate(spoken),
      /^send\. \/srv\/app\.js:1 · The program itself\. Self, here: 0 µs/,
    );
    await page.press('Enter', '\r');
    await until(page, trail, ['All', 'main', 'send']);
    await page.press('0', '0');
    await until(page, trail, ['All']);
    assert.equal(
      await page.evaluate(`document.querySelector('.flame-tools > .flame-button').disabled`),
      true,
    );
    await page.press('/', '/');
    assert.equal(await page.evaluate(`document.activeElement.type`), 'search');
  },
);

test('the pointer tells what a frame is', options, async () => {
  const page = await open('server', server());
  await page.mouse('mouseMoved', ...(await place(page, 3, 0.1)));
  await until(page, `document.querySelector('.flame-tooltip').hidden`, false);
  const shown = await text(page, '.flame-tooltip');
  assert.match(shown, /^sortBy.*node_modules\/lodash\/index\.js:1 · lodash/);
  assert.match(shown, /Self, here300 ms, 37\.5 %Total, here300 ms, 37\.5 %/);
  await page.mouse('mouseMoved', ...(await place(page, 7, 0.9)));
  await until(page, `document.querySelector('.flame-tooltip').hidden`, true);
});

/** A pixel of `sortBy` and one of `pack`, in the graph of `server()`. */
const pixels = `(async () => {
  await ${DRAWN};
  const canvas = document.querySelector('canvas');
  const context = canvas.getContext('2d');
  const pixel = (x) => [...context.getImageData(canvas.width * x, 74, 1, 1).data].join();
  return [pixel(0.3), pixel(0.7)];
})()`;

test('a search tells its share, overlaps once, and what it finds stands out', options, async () => {
  const page = await open('server', server());
  const before = await page.evaluate(pixels);
  await search(page, 'SEND');
  assert.equal(await page.evaluate(FOUND), '1 function: 43.8 % of busy time, 350 ms');
  assert.deepEqual(await page.evaluate(names), ['send']);
  await search(page, 'pack');
  assert.equal(await page.evaluate(FOUND), '1 function: 43.8 % of busy time, 350 ms');
  const now = await page.evaluate(pixels);
  assert.notEqual(now[0], before[0], 'what does not match is paler');
  assert.equal(now[1], before[1], 'what matches stays');
  await search(page, 'lodash');
  assert.deepEqual(await page.evaluate(names), ['sortBy']);
  await page.press('Escape');
  assert.equal(await page.evaluate(FOUND), '');
  assert.equal((await page.evaluate(names)).length, 6);
});

test('a search by regular expression, a wrong one too', options, async () => {
  const page = await open('server', server());
  await page.evaluate(`document.querySelector('.flame-pattern').click()`);
  await search(page, '^(send|sortBy)$');
  assert.equal(await page.evaluate(FOUND), '2 functions: 81.3 % of busy time, 650 ms');
  await search(page, '(');
  assert.equal(await page.evaluate(FOUND), 'This is no regular expression');
  assert.equal(
    await page.evaluate(
      `document.querySelector('input[type=search]').getAttribute('aria-invalid')`,
    ),
    'true',
  );
  await page.evaluate(`document.querySelector('.flame-pattern').click()`);
  assert.equal(await page.evaluate(FOUND), '1 function: 6.3 % of busy time, 50.0 ms');
});

const SORTED = `[...document.querySelectorAll('thead th')].map((one) => one.getAttribute('aria-sort'))`;

const column = (title) =>
  `[...document.querySelectorAll('thead button')].find((one) => one.textContent === '${title}').click()`;

test(
  'the table sorts by each column, and its functions stand out and are looked at',
  options,
  async () => {
    const page = await open('server', server());
    const bySelf = ['pack', 'sortBy', 'search', '(garbage collector)', 'main', 'send'];
    assert.deepEqual(await page.evaluate(names), bySelf);
    assert.deepEqual(await page.evaluate(SORTED), [null, null, 'descending', null, null, null]);
    await page.evaluate(column('Total'));
    assert.equal((await page.evaluate(names))[0], 'main');
    await page.evaluate(column('Function'));
    const byName = await page.evaluate(names);
    assert.deepEqual(await page.evaluate(SORTED), ['ascending', null, null, null, null, null]);
    await page.evaluate(column('Function'));
    assert.deepEqual(await page.evaluate(names), [...byName].reverse());
    await page.evaluate(
      `[...document.querySelectorAll('tbody button')].find((one) => one.textContent === 'send').click()`,
    );
    assert.equal(
      await page.evaluate(`document.querySelector('tr[aria-selected] button').textContent`),
      'send',
    );
    await page.evaluate(`document.querySelector('.flame-picked button').click()`);
    await until(page, trail, ['All', 'Callers and callees of send']);
    // Below `send` is `pack`, above it `main`.
    await clickRow(page, 0, 0.5);
    await until(page, trail, ['All', 'Callers and callees of main']);
  },
);

test('a long table comes by the page', options, async () => {
  const many = Array.from({ length: 450 }, (_, at) => [[`f${at}`], 1000 - at]);
  const page = await open('many', flameData(many));
  const rows = `document.querySelectorAll('tbody tr').length`;
  const more = `(() => {
    const button = document.querySelector('.flame-table-scroll + button');
    if (button.hidden) return null;
    button.click();
    return button.textContent;
  })()`;
  assert.equal(await page.evaluate(rows), 200);
  assert.match(await text(page, 'caption'), /^200 of 450 functions\./);
  assert.equal(await page.evaluate(more), 'Show 50 more');
  assert.equal(await page.evaluate(rows), 400);
  assert.equal(await page.evaluate(`document.activeElement.textContent`), 'f200');
  await page.evaluate(more);
  assert.equal(await page.evaluate(rows), 450);
  assert.equal(await page.evaluate(more), null);
});

test(
  'time order: zoomed to a stretch of time; idle time is shown when asked for',
  options,
  async () => {
    const page = await open('server', server());
    await choose(page, 'timeOrder');
    // `send` from 500 to 800 ms; the scale is above the rows, 24 pixels high.
    const [x, y] = await place(page, 2, 0.6);
    await page.click(x, y + 4);
    await until(page, trail, ['All', '500 ms to 800 ms']);
    await page.evaluate(`document.querySelector('canvas').focus()`);
    await page.press('0', '0');
    await until(page, trail, ['All']);
    const idle = `[...document.querySelectorAll('.flame-chip-name')].map((one) => one.textContent).includes('Idle')`;
    assert.equal(await page.evaluate(idle), false);
    await page.evaluate(`document.querySelector('.flame-idle-switch input').click()`);
    assert.equal(await page.evaluate(idle), true);
    assert.match(await text(page, 'tbody tr'), /^pack.*350 ms35\.0 %/);
    const [left, top] = await place(page, 0, 0.4);
    await page.mouse('mouseMoved', left, top + 20);
    await until(
      page,
      `document.querySelector('.flame-tooltip .flame-name')?.textContent`,
      '(idle)',
    );
    assert.match(await text(page, '.flame-tooltip'), /Here200 ms, from 300 ms/);
  },
);

test('the wheel zooms with Ctrl, and a drag moves', options, async () => {
  const page = await open('server', server());
  await choose(page, 'timeOrder');
  const [x, y] = await place(page, 3, 0.5);
  for (let turn = 0; turn < 5; turn++)
    await page.mouse('mouseWheel', x, y, { deltaX: 0, deltaY: -300, modifiers: 2 });
  const last = `${trail}.at(-1)`;
  await until(page, `/^4\\d\\d ms to 5\\d\\d ms$/.test(${last})`, true);
  const before = await page.evaluate(last);
  const button = { button: 'left', clickCount: 1 };
  await page.mouse('mousePressed', x, y, button);
  for (const way of [20, 60, 100]) await page.mouse('mouseMoved', x + way, y, { button: 'left' });
  await page.mouse('mouseReleased', x + 100, y, button);
  await until(page, `${last} === ${JSON.stringify(before)}`, false);
  assert.match(await page.evaluate(last), /^4\d\d ms to /);
});

test('a colour of the legend stands out, and leaves again', options, async () => {
  const page = await open('server', server());
  const chips = `[...document.querySelectorAll('.flame-chip')].map((one) => one.textContent)`;
  assert.deepEqual(await page.evaluate(chips), [
    'The program itself56.3 %',
    'lodash37.5 %',
    'Garbage collector6.3 %',
  ]);
  const press = `(() => {
    const chip = document.querySelectorAll('.flame-chip')[1];
    chip.click();
    return chip.getAttribute('aria-pressed');
  })()`;
  const before = await page.evaluate(pixels);
  assert.equal(await page.evaluate(press), 'true');
  const now = await page.evaluate(pixels);
  assert.equal(now[0], before[0], 'lodash stays');
  assert.notEqual(now[1], before[1], 'the program is paler');
  assert.equal(await page.evaluate(press), 'false');
  assert.deepEqual(await page.evaluate(pixels), before);
});

test('hostile names stay the text they are', options, async () => {
  const page = await open('hostile', hostile());
  for (const view of ['timeOrder', 'bottomUp', 'sandwich']) {
    await choose(page, view);
    await page.evaluate(DRAWN);
  }
  await page.evaluate(
    `[...document.querySelectorAll('tbody button, .flame-chip')].forEach((one) => one.click())`,
  );
  await page.mouse('mouseMoved', ...(await place(page, 0, 0.1)));
  await search(page, HOSTILE.slice(0, 20));
  assert.equal(
    await page.evaluate(`typeof globalThis.hacked + document.querySelectorAll('img').length`),
    'undefined0',
  );
  assert.equal(await page.evaluate(`document.querySelectorAll('script').length`), 2);
  const everything = await page.evaluate(`document.body.innerText + document.title`);
  assert.ok(
    everything.includes('<img src=x onerror="globalThis.hacked=1">\\u202egnp.exe</script>'),
  );
  assert.doesNotMatch(everything, /[\u202a-\u202e\u2066-\u2069]/u);
  const widest = await page.evaluate('document.documentElement.scrollWidth');
  assert.ok(widest <= 1100, `${widest}`);
  calm(page);
});

test('a recursion 1,500 deep scrolls, and its trail stays short', options, async () => {
  const page = await open('deep', recursive(1500));
  const scroll = `document.querySelector('.flame-scroll')`;
  assert.equal(
    await page.evaluate(`document.querySelector('.flame-space').offsetHeight`),
    1501 * 20,
  );
  assert.ok(await page.evaluate(`${scroll}.offsetHeight <= innerHeight`));
  await page.evaluate(`document.querySelector('canvas').focus()`);
  assert.deepEqual(await page.evaluate(trail), ['All']);
  for (let step = 0; step < 60; step++) await page.press('ArrowDown');
  assert.ok((await page.evaluate(`${scroll}.scrollTop`)) > 0);
  await page.press('Enter', '\r');
  await until(page, `${trail}.length`, 6);
  assert.equal(await page.evaluate(`${trail}[1]`), '… 55 more');
  calm(page);
});

test('nothing, one node, and idle time alone are said in words', options, async () => {
  const idle = { name: '(idle)', category: 'idle' };
  const blank = `document.querySelector('.flame-empty:not([hidden])')?.textContent`;
  const nothing = await open('nothing', flameData([]));
  assert.equal(await nothing.evaluate(blank), 'There is nothing in this profile.');
  const rest = await open('rest', flameData([[[idle], 100]]));
  assert.match(await rest.evaluate(blank), /Turn on idle time/);
  await rest.evaluate(`document.querySelector('.flame-idle-switch input').click()`);
  assert.deepEqual(await rest.evaluate(names), ['(idle)']);
  const one = await open('one', flameData([[['only'], 100]]));
  assert.deepEqual(await one.evaluate(names), ['only']);
  assert.equal(await one.evaluate(blank), undefined);
  const broken = path.join(work, 'broken.html');
  fs.writeFileSync(broken, flamePage('{"version":7}'));
  const page = await chromium.open(String(pathToFileURL(broken)));
  const status = `document.querySelector('#summary').textContent`;
  await until(
    page,
    `${status}.startsWith('This profile cannot be shown: expected data of version 1')`,
    true,
  );
  for (const other of [nothing, rest, one, page]) calm(other);
});

test('a million samples of a hundred thousand nodes', options, async () => {
  const page = await open('large', large(1_000_000, 100_000));
  assert.match(await text(page, '#summary'), /1,000,000 samples/);
  for (const view of ['timeOrder', 'bottomUp', 'sandwich', 'leftHeavy']) {
    await choose(page, view);
    await page.evaluate(`document.querySelector('canvas').focus()`);
    for (const key of ['+', '+', 'd', '-']) await page.press(key, key);
    await page.evaluate(DRAWN);
  }
  // However large the profile is, the page is not.
  const elements = await page.evaluate(`document.querySelectorAll('*').length`);
  assert.ok(elements < 4000, `${elements} elements`);
  calm(page);
});

test('in another page it is one of many elements, and goes as it came', options, async () => {
  const page = await open('server', server());
  await page.evaluate(`(() => {
    const place = document.body.appendChild(document.createElement('div'));
    const data = JSON.parse(document.getElementById('data').textContent);
    globalThis.second = { place, graph: mountFlameGraph(place, data) };
  })()`);
  await page.evaluate(DRAWN);
  assert.equal(await page.evaluate(`second.place.querySelectorAll('tbody tr').length`), 6);
  const ids = await page.evaluate(`[...document.querySelectorAll('[id]')].map((one) => one.id)`);
  assert.equal(new Set(ids).size, ids.length, 'no id is there twice');
  await page.evaluate(`second.graph.destroy()`);
  assert.equal(await page.evaluate(`second.place.childElementCount`), 0);
  await page.evaluate(`dispatchEvent(new Event('resize'))`);
  await page.evaluate(DRAWN);
  calm(page);
});
