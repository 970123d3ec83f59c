'use strict';

// speedscope's own importer. Its package is one bundle for the browser: the bundle is run in a context
// with a document that does nothing, and the function that the page hands dropped files to is taken out.

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const { root } = require('./env.js');

const folder = path.join(root, 'node_modules', 'speedscope', 'dist', 'release');

/** Gives `(fileName, text) => Promise<profile group>`. */
function loadImporter() {
  const file = fs.readdirSync(folder).find((name) => /^speedscope-\w+\.js$/.test(name));
  const source = fs.readFileSync(path.join(folder, file), 'utf8');
  const [, name] = /loadFileFromBase64:\(\w+,\w+\)=>\{this\.loadProfile\(\(\)=>(\w+)\(/.exec(
    source,
  );
  const exported = source.replace('(()=>{', `(()=>{globalThis.importBase64=(...a)=>${name}(...a);`);
  const context = vm.createContext(page());
  try {
    vm.runInContext(exported, context, { filename: file });
  } catch (error) {
    // Drawing the page fails without a page; by then the importer is there.
    if (!context.importBase64) throw error;
  }
  return (fileName, text) => context.importBase64(fileName, Buffer.from(text).toString('base64'));
}

/** What a page has, as far as the bundle asks for it while it starts and imports. */
function page() {
  const nothing = new Proxy(function nothing() {}, {
    get: (_, key) => (key === Symbol.toPrimitive ? () => '' : nothing),
    set: () => true,
    apply: () => nothing,
    construct: () => nothing,
  });
  const { TextDecoder, TextEncoder, URL, atob, btoa, setTimeout, clearTimeout, performance } =
    globalThis;
  const context = {
    TextDecoder,
    TextEncoder,
    URL,
    atob,
    btoa,
    setTimeout,
    clearTimeout,
    performance,
  };
  Object.assign(context, {
    console: { log() {}, warn() {}, error() {}, time() {}, timeEnd() {} },
    document: nothing,
    navigator: { platform: '', userAgent: '' },
    location: { protocol: 'file:', hash: '', href: '' },
    localStorage: nothing,
    requestAnimationFrame: () => 0,
    matchMedia: () => ({ matches: false, addEventListener() {} }),
    addEventListener() {},
  });
  context.window = context;
  context.self = context;
  return context;
}

module.exports = { loadImporter };
