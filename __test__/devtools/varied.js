'use strict';

// A program with objects of every sort that a snapshot shows, for the comparison with DevTools. Then
// it writes `FILE`, and with a second name changes some of them and writes that one too. The options
// of the snapshot come as JSON.
//
//   node varied.js OPTIONS FILE [NEWER]
//
// Required from a `node -e`, it writes while that text still runs, without what takes a turn: there is
// then a circle of objects that no root reaches.

const { EventEmitter } = require('node:events');
const { AsyncLocalStorage } = require('node:async_hooks');
const net = require('node:net');
const v8 = require('node:v8');
const vm = require('node:vm');

const isProgram = require.main === module;
const kept = { classes: {}, collections: {}, closures: {}, binary: {}, text: {}, async: {} };
globalThis.keptByTheTest = kept;
globalThis.sharedByManyRoots = { deep: { deeper: [1, 2, { three: 'three' }] } };

class Point {
  #secret = { hidden: 1 };
  constructor(x, y) {
    this.x = x;
    this.y = y + 0.5;
  }

  get secret() {
    return this.#secret;
  }
}
class Point3D extends Point {
  constructor(x, y, z) {
    super(x, y);
    this.z = z;
  }
}
/** A second class of one name: its place in the source tells the two apart. */
const OtherPoint = (() => {
  class Point {
    constructor(name) {
      this.name = name;
    }
  }
  return Point;
})();

function fillClasses() {
  const numbers = Array.from({ length: 40 }, (_, at) => at);
  kept.classes.points = numbers.map((at) => new Point(at, at));
  kept.classes.points3d = numbers.map((at) => new Point3D(at, at, at));
  kept.classes.others = numbers.map((at) => new OtherPoint(`other ${at}`));
  kept.classes.plain = numbers.map((at) => ({ id: `id ${at}`, label: `plain ${at}` }));
  kept.classes.wider = numbers.map((at) => ({ id: `id ${at}`, label: 'x', extra: [at] }));
  kept.classes.reordered = numbers.map((at) => ({ label: `r ${at}`, id: `id ${at}` }));
  kept.classes.quoted = numbers.map((at) => ({ 'a, b': [at], '{c}': 'c', "it's": [], '"': {} }));
  kept.classes.numbered = numbers.map((at) => ({ 1: [at], 5: 'five', name: `name ${at}` }));
  kept.classes.long = numbers.map((at) => ({
    [`property${'name'.repeat(40)}`]: [at],
    short: 'short',
  }));
  kept.classes.noPrototype = numbers.map(() => Object.assign(Object.create(null), { lone: {} }));
  kept.classes.dictionary = numbers.map((at) => dictionary(at));
  kept.classes.many = numbers.map(() => manyProperties());
  kept.classes.accessors = numbers.map(() => ({
    get value() {
      return 1;
    },
    set value(_value) {},
  }));
  kept.classes.html = { '<div id="a">': named('<div id="a">'), '<b>': named('<b>') };
  kept.classes.system = [named('Object'), named('Function'), named('(system)'), named('RegExp')];
  kept.classes.dates = numbers.map((at) => new Date(at));
  kept.classes.errors = numbers.map((at) => new Error(`error ${at}`));
  kept.classes.proxies = numbers.map((at) => new Proxy({ at }, { get: () => at }));
  kept.classes.cycle = cycle(500);
  kept.classes.list = list(2000);
  kept.classes.regexps = numbers.map((at) => new RegExp(`^${at}[a-z]+$`, 'u'));
  for (const one of kept.classes.regexps) one.exec('1abc');
}

function dictionary(at) {
  const found = {};
  for (let i = 0; i < 30; i++) found[`key${at}-${i}`] = { i };
  for (let i = 0; i < 20; i++) delete found[`key${at}-${i}`];
  return found;
}

function manyProperties() {
  const found = {};
  for (let i = 0; i < 60; i++) found[`aRatherLongPropertyName${i}`] = `${i}`;
  return found;
}

/** An object that V8 names by any text: nothing else names it. */
function named(name) {
  const prototype = Object.create(null, { [Symbol.toStringTag]: { value: name } });
  return Object.setPrototypeOf({ named: name }, prototype);
}

function cycle(length) {
  const first = { next: null };
  let last = first;
  for (let i = 1; i < length; i++) last = last.next = { next: null, back: first };
  last.next = first;
  return first;
}

function list(length) {
  let head = null;
  for (let i = 0; i < length; i++) head = { value: i, next: head };
  return head;
}

function fillCollections() {
  const keys = Array.from({ length: 60 }, (_, at) => ({ key: at }));
  kept.collections.map = new Map(keys.map((key, at) => [key, { value: at }]));
  kept.collections.byName = new Map(keys.map((_, at) => [`name ${at}`, [at]]));
  kept.collections.set = new Set(keys);
  kept.collections.nested = new Map([[new Map([[1, new Set([2])]]), new Map()]]);
  // Values of a WeakMap that only it holds, some that others hold too, some that hold their own key.
  kept.collections.weakMap = new WeakMap(keys.map((key) => [key, { onlyByTheMap: [key.key] }]));
  kept.collections.secondTable = new WeakMap(keys.map((key) => [key, { second: key }]));
  kept.collections.shared = new WeakMap(keys.map((key) => [key, kept.classes.points[0]]));
  kept.collections.chain = weakChain(30);
  kept.collections.weakSet = new WeakSet(keys);
  kept.collections.references = keys.map((key) => new WeakRef(key));
  kept.collections.lost = Array.from({ length: 10 }, () => new WeakRef({ onlyWeakly: {} }));
  kept.collections.registry = new FinalizationRegistry(() => {});
  for (const key of keys) kept.collections.registry.register(key, { held: key.key }, key);
  kept.collections.sparse = Object.assign([], { 0: {}, 100000: {}, name: 'sparse' });
  kept.collections.doubles = Array.from({ length: 50 }, (_, at) => at + 0.25);
  kept.collections.holes = Object.assign(new Array(5), { 1: {}, 3: {} });
  kept.collections.frozen = Object.freeze([{ frozen: true }]);
  kept.collections.arguments = (function args() {
    // biome-ignore lint/complexity/noArguments: such an object is what is wanted.
    return arguments;
  })({ first: 1 }, 'second');
}

/** Each value is the key of the next entry. */
function weakChain(length) {
  const table = new WeakMap();
  const first = {};
  let key = first;
  for (let i = 0; i < length; i++) {
    const value = { link: i };
    table.set(key, value);
    key = value;
  }
  return { table, first };
}

function fillClosures() {
  kept.closures.shared = Array.from({ length: 20 }, (_, at) => sharingContext(at));
  kept.closures.nested = nest(10);
  kept.closures.bound = kept.closures.shared.map(([one]) => one.bind({ bound: true }, 1));
  kept.closures.theThing = replaceThing(null, 20);
  kept.closures.generator = generator({ big: 'g'.repeat(500) });
  kept.closures.generator.next();
  kept.closures.evaluated = vm.runInThisContext('(function evaluated() {})');
  kept.closures.arrow = () => kept;
  kept.closures.methods = {
    method() {
      return this;
    },
    async asynchronous() {},
    *generating() {},
  };
}

function sharingContext(at) {
  const long = { text: `captured ${at}`.repeat(20) };
  const unused = () => long;
  return [() => at, unused, (more) => long.text + more];
}

const nest = (depth, outer = null) =>
  depth === 0 ? () => outer : nest(depth - 1, () => [depth, outer]);

/** The leak that everybody learns from: `unused` keeps the context, and so the thing before. */
function replaceThing(theThing, times) {
  const originalThing = theThing;
  const unused = () => originalThing;
  const next = { longStr: 'x'.repeat(2000), someMethod: () => unused.name };
  return times === 0 ? next : replaceThing(next, times - 1);
}

function* generator(state) {
  yield state;
  yield state.big;
}

function fillBinary() {
  kept.binary.pooled = Array.from({ length: 30 }, (_, at) => Buffer.from(`pooled ${at}`));
  kept.binary.own = Array.from({ length: 5 }, () => Buffer.alloc(20_000, 1));
  kept.binary.arrayBuffer = new ArrayBuffer(50_000);
  kept.binary.views = [
    new Uint8Array(kept.binary.arrayBuffer, 10, 100),
    new Float64Array(kept.binary.arrayBuffer, 8, 10),
    new DataView(kept.binary.arrayBuffer),
  ];
  kept.binary.small = Array.from({ length: 20 }, () => new Int32Array(8));
  kept.binary.sharedBuffer = new SharedArrayBuffer(4096);
  kept.binary.bigints = new BigUint64Array(4);
  kept.binary.wasm = new WebAssembly.Memory({ initial: 1 });
}

function fillText() {
  const base = 'abcdefghij'.repeat(50);
  kept.text.long = 'y'.repeat(5000) + Math.random();
  kept.text.sliced = Array.from({ length: 20 }, (_, at) => base.slice(at, at + 100));
  kept.text.joined = Array.from({ length: 20 }, (_, at) => `${base}${at}${base}`);
  kept.text.tree = joinedTree(200);
  kept.text.flat = flattened(base);
  kept.text.twoByte = Array.from({ length: 20 }, (_, at) => `häß ☃ ${at} 😀`);
  kept.text.lone = '\ud800 lone \udfff';
  kept.text.control = 'tab\t newline\n quote" back\\ nul\0 bell\x07 end';
  kept.text.duplicates = Array.from({ length: 30 }, () => Buffer.from('a duplicate').toString());
  kept.text.symbols = [Symbol('described'), Symbol(), Symbol.for('registered')];
  kept.text.bigints = [1n, 2n ** 200n, -5n];
  kept.text.numbers = { small: 1, negative: -7, double: 1.5, big: 2 ** 40, nan: NaN, zero: -0 };
  kept.text.bySymbol = { [Symbol('key')]: { hidden: true }, [Symbol.iterator]: () => null };
  kept.text.booleans = [true, false, null, undefined];
  kept.text.template = [0, 1].map((at) => ((strings) => strings)`a${at}b`);
}

function joinedTree(depth) {
  let text = `leaf ${Math.random()}`;
  for (let i = 0; i < depth; i++)
    text = i % 2 ? `${text} right part ${i}` : `left part ${i} ${text}`;
  return text;
}

/** A joined string that was read once has its whole text in one half, and the other is empty. */
function flattened(base) {
  const joined = `${base}-${Math.random()}`;
  JSON.parse(`{"${joined}":1}`);
  return joined;
}

async function fillAsync() {
  kept.async.settled = Array.from({ length: 20 }, (_, at) => Promise.resolve({ at }));
  kept.async.pending = Array.from({ length: 20 }, () => new Promise(() => {}));
  kept.async.chained = kept.async.pending.map((one) => one.then((value) => [value]));
  kept.async.waiting = waiting({ captured: 'w'.repeat(300) });
  kept.async.timers = [1e6, 1e7].map((ms) => setTimeout(() => kept, ms, { timed: ms }));
  kept.async.interval = setInterval(() => kept.async, 1e6);
  kept.async.emitter = new EventEmitter().setMaxListeners(0);
  for (let i = 0; i < 30; i++) kept.async.emitter.on('event', () => i);
  kept.async.storage = new AsyncLocalStorage();
  kept.async.storage.run({ store: 'kept' }, () => {
    kept.async.inStore = setTimeout(() => {}, 1e6);
  });
  kept.async.abort = new AbortController();
  kept.async.abort.signal.addEventListener('abort', () => kept);
  kept.async.channel = new MessageChannel();
  kept.async.url = new URL('http://example.test/path?query=1');
  kept.async.contexts = Array.from({ length: 3 }, (_, at) => detachedContext(at));
  kept.async.scripts = [new vm.Script('globalThis.made = { by: "script" }')];
  kept.async.sockets = await connected();
}

async function waiting(state) {
  await new Promise(() => {});
  return state;
}

/** A context that nothing but what came out of it holds. */
function detachedContext(at) {
  const context = vm.createContext({ at, outer: kept.classes.points[0] });
  vm.runInContext('class Inside { constructor() { this.of = at; } }; globalThis.x = 1', context);
  return vm.runInContext('[new Inside(), { inner: { at } }, () => at]', context);
}

async function connected() {
  const server = net.createServer((socket) => socket.on('data', () => kept));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = net.connect(server.address().port, '127.0.0.1');
  await new Promise((resolve) => client.on('connect', resolve));
  return { server, client };
}

/** Between the two snapshots: some come, some go, some get another shape. */
function change() {
  kept.classes.points.splice(0, 10);
  kept.classes.plain.push(
    ...Array.from({ length: 25 }, (_, id) => ({ id: `${id}`, label: `new ${id}` })),
  );
  kept.classes.fresh = Array.from({ length: 30 }, (_, at) => ({ fresh: [at], isNew: true }));
  kept.classes.wider = [];
  kept.collections.set.clear();
  kept.text.grown = Array.from({ length: 50 }, (_, at) => `grown ${at} ${Math.random()}`);
  kept.closures.shared.push(...Array.from({ length: 10 }, (_, at) => sharingContext(at)));
}

async function main([options, file, newer]) {
  fillClasses();
  fillCollections();
  fillClosures();
  fillBinary();
  fillText();
  if (isProgram) await fillAsync();
  v8.writeHeapSnapshot(file, JSON.parse(options));
  if (newer) {
    change();
    v8.writeHeapSnapshot(newer, JSON.parse(options));
  }
  process.exit();
}

main(process.argv.slice(isProgram ? 2 : 1));
