'use strict';

/**
 * Random conditions against an evaluator that walks their tree and knows nothing of tokens, quantities and
 * programs. `RSPROF_SEED` repeats a run.
 */

const assert = require('node:assert/strict');
const test = require('node:test');
const { parseCondition } = require('../../lib/watch/condition.js');
const { INDEX, WIDTH } = require('../../lib/watch/metrics.js');

const CONDITIONS = 400;
const STEPS = 12;

/** A small generator, so that a failure can be repeated. */
function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const below = (most) => Math.floor(next() * most);
  return { below, pick: (list) => list[below(list.length)], chance: (share) => next() < share };
}

/** Of each dimension: readings, units of literals, and small numbers, so that equality happens. */
const DIMENSIONS = {
  bytes: {
    names: ['heapUsed', 'rss', 'external'],
    units: [
      ['B', 1],
      ['kB', 2 ** 10],
      ['KB', 2 ** 10],
      ['MB', 2 ** 20],
      ['mib', 2 ** 20],
      ['GB', 2 ** 30],
    ],
  },
  time: {
    names: ['eventLoopDelay', 'gcPause'],
    units: [
      ['ms', 1],
      ['s', 1000],
      ['m', 60_000],
      ['min', 60_000],
      ['h', 3_600_000],
    ],
  },
  share: { names: ['cpu', 'eventLoopUtilization'], units: [['%', 0]] },
  count: { names: ['fds', 'handles'], units: [['', 1]] },
  bytesByTime: {
    names: [],
    units: [
      ['B/s', 1e-3],
      ['MB/s', 2 ** 20 / 1000],
      ['kB / min', 2 ** 10 / 60_000],
      ['GB/h', 2 ** 30 / 3_600_000],
    ],
  },
};

const RATE_PARTS = {
  'B/s': [1, 1000],
  'MB/s': [2 ** 20, 1000],
  'kB / min': [2 ** 10, 60_000],
  'GB/h': [2 ** 30, 3_600_000],
};

const WINDOWS = [
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
];

class Generator {
  constructor(random) {
    this.random = random;
  }

  literal(dimension) {
    const [unit, factor] = this.random.pick(DIMENSIONS[dimension].units);
    const amount = this.random.pick([0, 1, 2, 2.5, 3, 10]);
    const rate = RATE_PARTS[unit];
    const value = rate
      ? (amount * rate[0]) / rate[1]
      : unit === '%'
        ? amount / 100
        : amount * factor;
    return { kind: 'literal', value, text: `${amount}${this.random.pick(['', ' '])}${unit}` };
  }

  reading(dimension) {
    return { kind: 'reading', name: this.random.pick(DIMENSIONS[dimension].names) };
  }

  window(dimension) {
    const [text, ms] = this.random.pick(WINDOWS);
    if (dimension === 'bytesByTime')
      return { kind: 'window', call: 'slope', name: 'rss', text, ms };
    const call = this.random.pick(['mean', 'min', 'max', 'sum']);
    return { kind: 'window', call, name: this.random.pick(DIMENSIONS[dimension].names), text, ms };
  }

  /** Something that is read, of whichever dimension. */
  source(dimension) {
    const isWindow = dimension === 'bytesByTime' || this.random.chance(0.3);
    return isWindow ? this.window(dimension) : this.reading(dimension);
  }

  number(dimension, depth) {
    const { random } = this;
    if (depth <= 0 || random.chance(0.4)) return this.source(dimension);
    const below = () => this.number(dimension, depth - 1);
    switch (random.below(6)) {
      case 0:
        return {
          kind: '+',
          left: below(),
          right: random.chance(0.5) ? this.literal(dimension) : below(),
        };
      case 1:
        return { kind: '-', left: below(), right: below() };
      case 2:
        return { kind: '*', left: below(), right: this.literal('count') };
      case 3:
        return { kind: '/', left: below(), right: this.literal('count') };
      case 4:
        return { kind: 'negative', of: below() };
      default:
        return { kind: 'of', share: this.literal('share'), of: below() };
    }
  }

  comparison(depth) {
    const dimension = this.random.pick(Object.keys(DIMENSIONS));
    const operator = this.random.pick(['>', '>=', '<', '<=', '==', '!=']);
    const left = this.number(dimension, depth);
    const right = this.random.chance(0.7) ? this.literal(dimension) : this.number(dimension, depth);
    return { kind: 'compare', operator, left, right };
  }

  truth(depth) {
    const { random } = this;
    if (depth <= 0 || random.chance(0.25))
      return random.chance(0.15) ? this.leaf() : this.comparison(2);
    const below = () => this.truth(depth - 1);
    switch (random.below(4)) {
      case 0:
        return { kind: 'not', of: below() };
      case 1:
        return { kind: 'for', of: below(), seconds: 1 + random.below(4), since: undefined };
      default:
        return {
          kind: random.pick(['and', 'or']),
          of: Array.from({ length: 2 + random.below(2) }, below),
        };
    }
  }

  leaf() {
    return this.random.pick([
      { kind: 'leak', confidence: undefined, text: 'leak' },
      { kind: 'leak', confidence: 0.99, text: 'leak(99%)' },
    ]);
  }
}

/** How tightly each binds: what binds less stands in parentheses. */
const BINDING = {
  ...{
    or: 1,
    and: 2,
    not: 3,
    for: 4,
    compare: 5,
    '+': 6,
    '-': 6,
    '*': 7,
    '/': 7,
    negative: 8,
    of: 9,
  },
  ...{ literal: 10, reading: 10, window: 10, leak: 10 },
};

class Printer {
  constructor(random) {
    this.random = random;
  }

  space() {
    return this.random.pick([' ', ' ', '  ', '\n', '\t']);
  }

  /** `node` where something must bind at least as tightly as `least`. */
  at(node, least) {
    const text = this.print(node);
    const needed = BINDING[node.kind] < least;
    return needed || this.random.chance(0.1) ? `(${this.random.pick(['', ' '])}${text})` : text;
  }

  print(node) {
    const between = (parts, ...words) =>
      parts.join(`${this.space()}${this.random.pick(words)}${this.space()}`);
    switch (node.kind) {
      case 'or':
        return between(
          node.of.map((one) => this.at(one, 2)),
          'or',
          '||',
          'OR',
        );
      case 'and':
        return between(
          node.of.map((one) => this.at(one, 3)),
          'and',
          '&&',
        );
      case 'not':
        return this.random.pick(['not ', '! ', '!', 'not\n']) + this.at(node.of, 3);
      case 'for':
        return `${this.at(node.of, 5)}${this.space()}for ${node.seconds}${this.random.pick(['s', ' s', '000ms'])}`;
      case 'compare':
        return `${this.at(node.left, 6)}${this.random.pick(['', ' '])}${node.operator} ${this.at(node.right, 6)}`;
      case '+':
      case '-':
        return `${this.at(node.left, 6)} ${node.kind} ${this.at(node.right, 7)}`;
      case '*':
      case '/':
        return `${this.at(node.left, 7)}${node.kind}${this.space()}${this.at(node.right, 8)}`;
      case 'negative':
        return `-${this.at(node.of, 8)}`;
      case 'of':
        return `${node.share.text} of ${this.at(node.of, 9)}`;
      case 'reading':
        return node.name;
      case 'window':
        return `${node.call}(${node.name},${this.space()}${node.text})`;
      default:
        return node.text;
    }
  }
}

/** Undefined is unknown. */
function numberOf(node, world) {
  const value = (one) => numberOf(one, world);
  const both = (make) => {
    const [a, b] = [value(node.left), value(node.right)];
    return a === undefined || b === undefined ? undefined : make(a, b);
  };
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'reading':
      return world.readings[node.name];
    case 'window':
      return world.covered >= 0.8 * node.ms
        ? world.windows[node.call](node.name, node.ms)
        : undefined;
    case '+':
      return both((a, b) => a + b);
    case '-':
      return both((a, b) => a - b);
    case '*':
      return both((a, b) => a * b);
    case '/':
      return both((a, b) => (b === 0 ? undefined : a / b));
    case 'negative':
      return value(node.of) === undefined ? undefined : -value(node.of);
    default:
      return value(node.of) === undefined ? undefined : node.share.value * value(node.of);
  }
}

const COMPARE = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

function heldTruth(node, world) {
  const truth = truthOf(node.of, world);
  if (truth !== true) node.since = undefined;
  else node.since ??= world.now;
  return truth === true ? world.now - node.since >= node.seconds * 1000 : truth;
}

function leakTruth({ confidence }, { leak }) {
  const truths = [leak.heap, leak.external].map((verdict) => {
    if (!verdict) return undefined;
    return confidence === undefined ? verdict.leaking : verdict.confidence >= confidence;
  });
  return truths.includes(true) ? true : truths.includes(undefined) ? undefined : false;
}

function truthOf(node, world) {
  if (node.kind === 'compare') {
    const [a, b] = [numberOf(node.left, world), numberOf(node.right, world)];
    return a === undefined || b === undefined ? undefined : COMPARE[node.operator](a, b);
  }
  if (node.kind === 'leak') return leakTruth(node, world);
  if (node.kind === 'for') return heldTruth(node, world);
  if (node.kind === 'not') {
    const truth = truthOf(node.of, world);
    return truth === undefined ? undefined : !truth;
  }
  // Each is evaluated, decided or not: `for` has a state.
  const truths = node.of.map((one) => truthOf(one, world));
  const decides = node.kind === 'or';
  if (truths.includes(decides)) return decides;
  return truths.includes(undefined) ? undefined : !decides;
}

const VALUES = {
  heapUsed: [0, 1, 2e6, 1e9],
  rss: [1000, 1e6, 3e9],
  external: [0, 2500],
  eventLoopDelay: [0, 1, 1000, 2500],
  gcPause: [10, 60_000],
  cpu: [0, 0.01, 0.025, 0.1],
  eventLoopUtilization: [0, 0.02, 0.03],
  fds: [0, 1, 2.5, 10],
  handles: [0, 3],
};

/** What there is at one moment: for the evaluator by name, for the condition as a context. */
function makeWorld(random, now) {
  const row = new Float64Array(WIDTH).fill(Number.NaN);
  const readings = {};
  for (const [name, values] of Object.entries(VALUES)) {
    if (random.chance(0.12)) continue;
    readings[name] = random.pick(values);
    row[INDEX[name]] = readings[name];
  }
  const covered = random.pick([0, 24_000, 240_000, 1e9]);
  const salt = random.below(5);
  const answer = (scale) => (index, ms) => ((index + ms / 1000 + salt) % 7) * scale;
  const calls = { mean: 0.5, min: 1, max: 1000, sum: 0.01, slope: 0.25 };
  const history = { coverage: (ms) => Math.min(ms, covered) };
  const windows = {};
  for (const [call, scale] of Object.entries(calls)) {
    history[call] = answer(scale);
    windows[call] = (name, ms) => answer(scale)(INDEX[name], ms);
  }
  const verdict = () =>
    random.pick([null, { leaking: true, confidence: 0.98 }, { leaking: false, confidence: 0.995 }]);
  const leak = { heap: verdict(), external: verdict() };
  const context = { now, row, history, leak, pulses: new Set() };
  return { context, now, readings, covered, windows, leak };
}

test('a condition is what its text says, whatever it says', () => {
  const seed = Number(process.env.RSPROF_SEED ?? Date.now() % 2 ** 31);
  const random = randomFrom(seed);
  const generator = new Generator(random);
  const printer = new Printer(random);
  const seen = { true: 0, false: 0, undefined: 0 };
  for (let made = 0; made < CONDITIONS; made++) {
    const tree = generator.truth(3);
    const text = printer.print(tree);
    if (text.length > 2000) continue;
    const condition = parseCondition(text);
    for (let step = 0; step < STEPS; step++) {
      const world = makeWorld(random, 1e12 + step * 1000);
      const expected = truthOf(tree, world);
      seen[expected] += 1;
      const which = `RSPROF_SEED=${seed}, step ${step} of ${text}`;
      assert.equal(condition.evaluate(world.context), expected === true, which);
      assert.equal(typeof condition.describe(world.context), 'string', which);
    }
  }
  // The worlds are such that each happens.
  for (const [truth, times] of Object.entries(seen))
    assert.ok(times > CONDITIONS, `${truth}: ${times}`);
});

test('damaged conditions are read or refused, never worse', () => {
  const seed = Number(process.env.RSPROF_SEED ?? Date.now() % 2 ** 31);
  const random = randomFrom(seed);
  const generator = new Generator(random);
  const printer = new Printer(random);
  const pieces = [
    '(',
    ')',
    ' ',
    '>',
    '%',
    'of',
    'for',
    'not',
    '1',
    's',
    '/',
    ',',
    '.',
    '🎉',
    '\0',
    '@',
  ];
  for (let made = 0; made < CONDITIONS; made++) {
    const text = [...printer.print(generator.truth(2))];
    for (let damage = random.below(3); damage >= 0; damage--) {
      text.splice(random.below(text.length), random.below(3), random.pick(pieces));
    }
    const damaged = text.join('');
    try {
      parseCondition(damaged).evaluate(makeWorld(random, 0).context);
    } catch (error) {
      const which = `RSPROF_SEED=${seed}: ${damaged}\n${error.stack}`;
      assert.equal(error.code, 'ERR_RSPROF_INVALID_ARG', which);
      assert.match(error.message, /^the condition: .+/, which);
    }
  }
});
