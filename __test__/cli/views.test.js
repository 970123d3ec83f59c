'use strict';

/** The views of captures in a real browser, on a page whose policy allows them and nothing else. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { pathToFileURL } = require('node:url');

const { policy } = require('../../lib/page-policy.js');
const { webText } = require('../../lib/web-assets.js');
const { bundle } = require('../../scripts/web.js');
const { cpuFlameData } = require('../support/flame-data.js');
const { HOSTILE, diffOf, inspection, object, row, step } = require('../unit/report-fixtures.js');
const { Chromium, binary } = require('./chromium.js');

const options = { skip: binary ? false : 'no Chromium here' };
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-views-'));
let chromium;

before(() => {
  if (binary) chromium = new Chromium(path.join(work, 'profile'));
});

after(async () => {
  await chromium?.close();
  fs.rmSync(work, { recursive: true, force: true, maxRetries: 15 });
});

/** As the server writes it, with what it would never write. */
const FRAGMENT = `<section><div class="card"><div class="tools" hidden><label for="s">Search</label><input id="s" type="search"><output for="s"></output></div>
<table class="live"><thead><tr><th scope="col"><button type="button">Class</button></th></tr></thead>
<tbody><tr><th>Room</th></tr><tr><th>Array</th></tr></tbody></table></div>
<button type="button" class="object" data-id="65893">@65893</button></section><script>globalThis.hacked = 1</script>`;

const CLASSES = Array.from({ length: 130 }, (_, at) => row(`Class${at}`, 130 - at, 8, 8));
const child = object(72201, 'Array', 109_261_900);

/** What a server would answer, by the beginning of the path. */
const ANSWERS = {
  'captures/A/report': FRAGMENT,
  'captures/A/objects/65893': inspection(),
  'captures/A/objects/72201': {
    ...inspection(),
    object: { ...child, className: 'Array', distance: 3 },
  },
  'captures/A/objects/7': {
    ...inspection(),
    object: { ...object(7, HOSTILE, 9), className: HOSTILE, distance: 1 },
    properties: [step('property', HOSTILE, object(8, HOSTILE, 1))],
  },
  'captures/A/classes': { total: 130, rows: CLASSES.slice(0, 100) },
  'captures/A/classes?search=&sort=retained&offset=100': { total: 130, rows: CLASSES.slice(100) },
  'captures/A/classes?search=&sort=count': { total: 1, rows: [row(HOSTILE, 2, 3, 4)] },
  'captures/A/classes?search=zz': { total: 0, rows: [] },
  'captures/A/objects?class=Class0': { total: 1, rows: [{ ...child, pathText: 'global.rooms' }] },
  'captures/A/dominators': {
    total: 2,
    rows: [65893, 7].map((id) => ({
      ...object(id, id === 7 ? HOSTILE : 'Manager', 100),
      edge: { kind: 'property', name: 'manager' },
      dominated: id === 7 ? 0 : 1,
    })),
  },
  'captures/A/dominators?offset=0&limit=20&object=65893': {
    total: 1,
    rows: [{ ...child, edge: { kind: 'property', name: 'rooms' }, dominated: 0 }],
  },
  'captures/P/analysis': {
    verdict: `${HOSTILE} burns`,
    findings: [{ sentence: 'x', explanation: HOSTILE, advice: 'Use `this`.' }],
  },
  'captures/R/file': {
    header: { event: HOSTILE, list: ['a'] },
    spaces: { a: { size: 1 }, b: { size: 2 } },
  },
  'captures/H/file': { objectCount: 5, classCount: 1, classes: [{ name: HOSTILE, count: 5 }] },
  status: { can: { download: true } },
  'comparisons/op': diffOf(),
};

const PROFILE = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2] },
    { id: 2, callFrame: frame('work') },
  ],
  startTime: 0,
  endTime: 2000,
  samples: [2, 2],
  timeDeltas: [1000, 1000],
};

function frame(functionName) {
  return { functionName, scriptId: '1', url: 'file:///a.js', lineNumber: 1, columnNumber: 0 };
}

/** Runs in the page, with the answers. */
function harness(answers, texts) {
  const asked = [];
  const find = (wanted) => {
    const found = Object.keys(answers).filter((key) => wanted.startsWith(key));
    found.sort((a, b) => b.length - a.length);
    return structuredClone(answers[found[0]]);
  };
  const answer = async (wanted) => {
    asked.push(wanted);
    return find(wanted);
  };
  const api = {
    url: (one) => one,
    get: answer,
    text: answer,
    post: async () => ({ id: 'op', state: 'running', percent: 5, canCancel: true }),
    operation: (id) => globalThis.ends ?? Promise.resolve({ id, state: 'done' }),
    remove: answer,
  };
  const say = (key, values = {}) =>
    (texts[key] ?? `? ${key}`).replace(/\{(\w+)\}/g, (_, one) => values[one]);
  const root = document.getElementById('root');
  Object.assign(globalThis, {
    asked,
    open: (id, kind) => {
      const capture = { id, kind, analyzed: false };
      globalThis.view = globalThis.rsprofViews.mountCapture(root, { capture, api, texts: say });
    },
    compare: () => {
      const how = { before: { id: 'A' }, after: { id: 'B' }, api, texts: say };
      globalThis.view = globalThis.rsprofViews.mountComparison(root, how);
    },
  });
}

/** The views without the page around them. */
const VIEWS = `
  import * as views from './views.js';
  globalThis.rsprofViews = views;
`;

async function open(how) {
  const answers = { ...ANSWERS, 'captures/P/flame': cpuFlameData(PROFILE, 'a.cpuprofile') };
  const json = (value) => JSON.stringify(value).replace(/</g, '\\u003c');
  const texts = require('../../web/texts-views-en.js');
  const views = await bundle('views.js', { contents: VIEWS });
  const script = `${views}\n(${harness})(${json(answers)}, ${json(texts)});`;
  const style = webText('profiler.css');
  const file = path.join(work, `${fs.readdirSync(work).length}.html`);
  const head = `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy(style, script)}"><link rel="icon" href="data:,"><style>${style}</style>`;
  fs.writeFileSync(
    file,
    `<!doctype html><html lang="en"><head>${head}</head><body><main id="root"></main><script>${script}</script></body></html>`,
  );
  return chromium.open(String(pathToFileURL(file)), how);
}

const calm = (page) =>
  assert.deepEqual(
    page.problems.filter((text) => !/^(file|data):/.test(text)),
    [],
  );

/** Waits by frames until an expression is what it is to be. */
async function until(page, expression, expected) {
  const found = await page.evaluate(`(async () => {
    const wanted = ${JSON.stringify(JSON.stringify(expected))};
    for (let frame = 0; frame < 600 && JSON.stringify(${expression}) !== wanted; frame++)
      await new Promise((resolve) => requestAnimationFrame(resolve));
    return ${expression};
  })()`);
  assert.deepEqual(found, expected);
}

const PANEL = `[...document.querySelectorAll('[role=tabpanel]')].find((one) => !one.hidden)`;
const text = (selector) => `(${PANEL})?.querySelector('${selector}')?.textContent`;
const press = (title) =>
  `[...document.querySelectorAll('button')].find((one) => one.textContent === ${JSON.stringify(title)} && one.offsetParent).click()`;
const rows = `(${PANEL}).querySelector('tbody').rows.length`;

async function heap(how) {
  const page = await open(how);
  await page.evaluate(`open('A', 'heapSnapshot')`);
  await until(page, text('.object'), '@65893');
  return page;
}

test('the report is markup without its scripts, and its tables live', options, async () => {
  const page = await heap();
  assert.equal(
    await page.evaluate(`document.getElementById('root').innerHTML.includes('<script')`),
    false,
  );
  assert.equal(await page.evaluate('typeof hacked'), 'undefined');
  await page.evaluate(press('Class'));
  await until(page, text('tbody th'), 'Array');
  await page.evaluate(`document.getElementById('s').focus()`);
  await page.type('room');
  await until(page, `document.querySelector('output').value`, '1 of 2');
  calm(page);
});

test(
  'an object is looked at, from there another; the browser leads back and forth',
  options,
  async () => {
    const page = await heap();
    await page.evaluate(press('@65893'));
    await until(page, text('h3'), 'Manager @65893');
    await page.evaluate(press('Array'));
    await until(page, text('h3'), 'Array @72201');
    await page.evaluate('history.back()');
    await until(page, text('h3'), 'Manager @65893');
    await page.evaluate(press('Forward →'));
    await until(page, text('h3'), 'Array @72201');
    await page.evaluate('history.go(-2)');
    await until(page, `document.querySelector('[aria-selected=true]').textContent`, 'Findings');
    calm(page);
  },
);

test('classes come by the page, are sorted and searched by the server', options, async () => {
  const page = await heap();
  await page.evaluate(press('Classes'));
  await until(page, rows, 100);
  await page.evaluate(press('Show 30 more'));
  await until(page, rows, 130);
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Class100');
  await page.evaluate(press('Class0'));
  await until(
    page,
    `[...(${PANEL}).querySelectorAll('h3')].at(-1)?.textContent`,
    'Objects of Class0',
  );
  await until(page, text('.card:not([hidden]) td.way'), 'global.rooms');
  await page.evaluate(press('← All classes'));
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Class0');
  await page.evaluate(press('Objects'));
  await until(page, rows, 1);
  assert.deepEqual(await page.evaluate(`asked.filter((one) => one.includes('sort=count'))`), [
    'captures/A/classes?search=&sort=count&offset=0&limit=100',
  ]);
  await page.evaluate(`(${PANEL}).querySelector('input').focus()`);
  await page.type('zz');
  await until(page, text('[role=status]'), 'Nothing found');
  calm(page);
});

test('the tree of dominators by keyboard alone', options, async () => {
  const page = await heap();
  await page.evaluate(press('Dominators'));
  await until(page, `document.querySelectorAll('.tree li').length`, 2);
  await page.evaluate(`document.querySelector('.tree [tabindex="0"]').focus()`);
  const here = `[document.activeElement.dataset.id, document.activeElement.getAttribute('aria-level'), document.activeElement.getAttribute('aria-expanded')]`;
  await page.press('ArrowRight');
  await until(page, `document.querySelectorAll('.tree li').length`, 3);
  await page.press('ArrowRight');
  assert.deepEqual(await page.evaluate(here), ['72201', '2', null]);
  await page.press('ArrowDown');
  assert.deepEqual(await page.evaluate(here), ['7', '1', null]);
  await page.press('Home');
  assert.deepEqual(await page.evaluate(here), ['65893', '1', 'true']);
  await page.press('ArrowLeft');
  assert.deepEqual(await page.evaluate(here), ['65893', '1', 'false']);
  await page.press('Enter', '\r');
  await until(page, text('h3'), 'Manager @65893');
  calm(page);
});

test('progress is shown; what was cancelled is started again', options, async () => {
  const page = await open();
  await page.evaluate(
    `{ globalThis.ends = new Promise((end) => (globalThis.end = end)); open('A', 'heapSnapshot'); }`,
  );
  await until(page, `document.querySelector('progress')?.value`, 5);
  await page.evaluate(press('Cancel'));
  assert.deepEqual(await page.evaluate('asked'), ['operations/op']);
  await page.evaluate(`{ ends = undefined; end({ id: 'op', state: 'cancelled', error: null }); }`);
  await until(page, text('[role=alert] p'), 'Cancelled.');
  await page.evaluate(press('Analyse it'));
  await until(page, text('.object'), '@65893');
  calm(page);
});

const KINDS = [
  ['A', 'heapSnapshot', '.object'],
  ['P', 'cpuProfile', '.flame-canvas'],
  ['R', 'report', '.lines'],
  ['H', 'classHistogram', 'tbody tr'],
];

test(
  'each kind in each width: nothing sticks out, is refused or thrown; it goes as it came',
  options,
  async () => {
    for (const width of [360, 1100]) {
      const page = await open({ width, scheme: width === 360 ? 'dark' : 'light' });
      for (const [id, kind, shown] of [...KINDS, ['', '', '.path']]) {
        await page.evaluate(id ? `open('${id}', '${kind}')` : 'compare()');
        await until(page, `document.querySelector('${shown}') !== null`, true);
        const widest = await page.evaluate('document.documentElement.scrollWidth');
        assert.ok(widest <= width, `${kind}: ${widest} of ${width}`);
        const ids = await page.evaluate(
          `[...document.querySelectorAll('[id]')].map((one) => one.id)`,
        );
        assert.equal(new Set(ids).size, ids.length, 'no id is there twice');
        await page.evaluate('view.unmount()');
        assert.equal(await page.evaluate(`document.getElementById('root').childElementCount`), 0);
      }
      calm(page);
    }
  },
);

test('what is hostile is shown as the text it is', options, async () => {
  const page = await heap();
  await page.evaluate(press('Dominators'));
  await until(page, `document.querySelectorAll('.tree li').length`, 2);
  await page.evaluate(`document.querySelector('.tree [data-id="7"] .object').click()`);
  await until(page, `(${text('h3')})?.slice(0, 12)`, '\\x1b[31mred\\');
  for (const [id, kind, shown] of KINDS.slice(1)) {
    await page.evaluate(`open('${id}', '${kind}')`);
    await until(page, `document.querySelector('${shown}') !== null`, true);
    assert.ok((await page.evaluate('document.body.innerText')).includes('<img src=x'), kind);
  }
  assert.equal(await page.evaluate(`document.querySelectorAll('img').length`), 0);
  assert.doesNotMatch(
    await page.evaluate('document.body.innerText'),
    /[\u202a-\u202e\u2066-\u2069]/u,
  );
  calm(page);
});
