'use strict';

/** What browsers get: built the same each time, small enough, found by name and by no other. */

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, test } = require('node:test');
const vm = require('node:vm');
const zlib = require('node:zlib');

const { CARRIED, DIST, SERVED, TEMPLATES, asset, fill } = require('../../lib/web-assets.js');
const { asModule, buildWeb, numberedKeys } = require('../../scripts/web.js');

const ROOT = path.join(__dirname, '..', '..');

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-web-'));

after(() => fs.rmSync(work, { recursive: true, force: true }));

const read = (name) => fs.readFileSync(path.join(DIST, name));

test('the build gives the same bytes again, and they are those of web/dist', async () => {
  await buildWeb(work);
  const names = fs.readdirSync(work).sort();
  assert.deepEqual(names, fs.readdirSync(DIST).sort());
  // Another Node may have another zlib.
  const content = (bytes, name) => (name.endsWith('.gz') ? zlib.gunzipSync(bytes) : bytes);
  for (const name of names) {
    const [again, there] = [fs.readFileSync(path.join(work, name)), read(name)];
    assert.ok(content(again, name).equals(content(there, name)), `${name} is not up to date`);
  }
});

/** Bytes of one file as gzip. */
const weight = (name) => asset(name).gzip.length;

const BUDGET = 40_960;

test('all that the page may load fits its budget: of the texts it loads one language', () => {
  const isTexts = (name) => name.startsWith('texts-');
  const language = Math.max(...SERVED.filter(isTexts).map(weight));
  const rest = SERVED.filter((name) => !isTexts(name)).map(weight);
  const sum = rest.reduce((all, one) => all + one, language);
  assert.ok(sum < BUDGET, `${sum} bytes in all, ${sum - BUDGET} too many`);
});

const TEXTS = { en: require('../../web/texts-en.js'), zh: require('../../web/texts-zh.js') };

const keys = Object.keys(TEXTS.en);

test('a text has a number where nothing but `texts()` names it, else its name', () => {
  const numbered = numberedKeys();
  for (const key of ['loading', 'capturesSum', 'v.search', 'v.treeHelp'])
    assert.ok(numbered.includes(key), key);
  // Said of a figure, by a condition, of a unit, by what the server says.
  for (const key of ['cancel', 'live', 'well', 's', '5m', 'kind.report', 'm.rss', 'error.500'])
    assert.ok(keys.includes(key) && !numbered.includes(key), key);
});

test('a page finds every text of its language, by number or by name', () => {
  const numbered = numberedKeys();
  for (const [language, texts] of Object.entries(TEXTS)) {
    const page = {};
    vm.runInNewContext(read(`texts-${language}.js`).toString(), page);
    for (const key of keys) {
      const at = numbered.indexOf(key);
      assert.equal(page.rsprofTexts[at < 0 ? key : at], texts[key], key);
    }
  }
  const page = read('profiler.js').toString();
  for (const key of numbered) assert.ok(!page.includes(`texts("${key}"`), key);
});

test('an asset has its type, its gzip and a strong tag', () => {
  for (const name of SERVED) {
    const { type, body, gzip, etag } = asset(name);
    assert.match(type, name.endsWith('.js') ? /^text\/javascript;/ : /^text\/css;/);
    assert.ok(zlib.gunzipSync(gzip).equals(body));
    assert.match(etag, /^"[\w-]{43}"$/);
    assert.equal(asset(name), asset(name));
  }
  const tags = SERVED.map((name) => asset(name).etag);
  assert.equal(new Set(tags).size, tags.length);
});

test('only names of the table are assets', () => {
  const others = [
    '',
    '.',
    '..',
    '../../package.json',
    'profiler.js.gz',
    'PROFILER.JS',
    'toString',
    ...CARRIED,
  ];
  for (const name of [...others, ...TEMPLATES]) assert.equal(asset(name), undefined, name);
});

/** What acts upon a string, or asks for something elsewhere. */
const FORBIDDEN = {
  '.js':
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\b|srcdoc|sourceMappingURL/,
  '.css': /url\((?!["']?data:)|@import|sourceMappingURL/,
};

test('no script or style asks for anything elsewhere, or makes code or HTML of a string', () => {
  for (const name of [...SERVED, ...CARRIED]) {
    const text = read(name).toString();
    assert.equal(text.match(FORBIDDEN[path.extname(name)])?.[0], undefined, name);
    // A namespace is no address.
    const found = text.match(/https?:\/\/[^"'`\s)]*/g) ?? [];
    const addresses = found.filter((one) => !one.startsWith('http://www.w3.org/'));
    assert.deepEqual(addresses, [], name);
  }
});

test('what is not built is told with what to do', () => {
  const installed = path.join(work, 'package');
  fs.cpSync(path.join(ROOT, 'lib'), path.join(installed, 'lib'), { recursive: true });
  fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(installed, 'package.json'));
  const script = `
    try { require('./lib/flame-page.js').flamePageParts(); }
    catch ({ code, message }) { console.log(JSON.stringify({ code, message })); }`;
  const output = execFileSync(process.execPath, ['-e', script], { cwd: installed });
  const { code, message } = JSON.parse(output);
  assert.equal(code, 'ERR_RSPROF_IO');
  assert.match(
    message,
    /web\/dist\/flame\.css \(ENOENT\).*`node scripts\/web\.js`.*install rsprof again/,
  );
});

test('a slot is filled once, an unknown one with nothing', () => {
  assert.equal(
    fill('<a>{{one}}</a>/*{{two}}*/{{no}}', { one: '{{two}}', two: '$&' }),
    '<a>{{two}}</a>$&',
  );
});

test('modules become such, what is none stays', () => {
  const imported = asModule("const { a, b: c } = require('./x.js');\nmodule.exports = { c };\n");
  assert.match(imported, /^import \{ a, b as c \} from '.\/x.js';\nexport \{ c \};/);
  for (const other of [
    "module.exports = { a: 'x' };",
    'module.exports = {};',
    "module.exports = {\n  ...require('./x.js'),\n  pid: 'pid {pid}',\n};",
    "const TABLES = { en: require('./en.js') };",
  ])
    assert.equal(asModule(other), other);
});
