'use strict';

/** The figures and the layout of the flame graph, without a browser; oracles walk the stacks. */

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { flameAssets, flamePage, flamePageParts } = require('../../lib/flame-page.js');
const { HOSTILE, flameData, large, recursive, server } = require('../support/flame-fixtures.js');
const { functionLabel, moment, placeLabel, time } = require('../../web/flame-labels.js');
const { niceStep } = require('../../web/flame-painter.js');
const { Groups } = require('../../web/flame-palette.js');
const { Profile } = require('../../web/flame-profile.js');
const { matchingFunctions } = require('../../web/flame-search.js');
const { CallTree } = require('../../web/flame-tree.js');
const { makeView } = require('../../web/flame-views.js');

const ENTRIES = [
  { name: '(idle)', category: 'idle' },
  { name: '(garbage collector)', category: 'garbageCollector' },
];

/** Stacks of five functions that call each other and themselves, the same for the same seed. */
function randomStacks(seed, count = 60) {
  let state = seed;
  const random = (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
  return Array.from({ length: count }, () => {
    const weight = 1 + random(1000);
    if (random(5) === 0) return [[ENTRIES[random(2)]], weight];
    return [Array.from({ length: 1 + random(8) }, () => `f${random(5)}`), weight];
  });
}

const nameOf = (frame) => frame.name ?? frame;
const isIdle = ([stack]) => nameOf(stack[0]) === '(idle)';
const weigh = (stacks) => stacks.reduce((sum, [, weight]) => sum + weight, 0);
const seeds = Array.from({ length: 30 }, (_, seed) => seed + 1);

/** What is in a view, `path -> weight`, by asking for everything. */
function paths(tree) {
  const found = new Map();
  const walk = (id, above) => {
    tree.expand(id);
    const name = `${above}/${tree.profile.functions.name[tree.fn[id]]}`;
    found.set(name, tree.weight[id]);
    for (let at = 0; at < tree.count[id]; at++) walk(tree.first[id] + at, name);
  };
  walk(0, '');
  return found;
}

test('own and total weights of functions, recursion counted once', () => {
  for (const seed of seeds) {
    const all = randomStacks(seed);
    const profile = new Profile(flameData(all));
    for (const showIdle of [true, false]) {
      const stacks = all.filter((one) => showIdle || !isIdle(one));
      const weights = profile.weigh(showIdle);
      assert.equal(weights.sum, weigh(stacks));
      profile.functions.name.slice(1).forEach((name, at) => {
        const own = stacks.filter(([stack]) => nameOf(stack[stack.length - 1]) === name);
        const total = stacks.filter(([stack]) => stack.some((frame) => nameOf(frame) === name));
        assert.equal(weights.functionSelf[at + 1], weigh(own), `${seed}: own of ${name}`);
        assert.equal(weights.functionTotal[at + 1], weigh(total), `${seed}: total of ${name}`);
      });
    }
  }
});

test('the share of a search counts what overlaps once', () => {
  for (const seed of seeds) {
    const stacks = randomStacks(seed);
    const profile = new Profile(flameData(stacks));
    const weights = profile.weigh(true);
    const matches = matchingFunctions(profile, '^f[13]$', true);
    const found = stacks.filter(([stack]) => stack.some((frame) => /^f[13]$/.test(nameOf(frame))));
    assert.equal(profile.weightOf(matches, weights), weigh(found), `seed ${seed}`);
  }
});

test('left heavy: a node for each prefix of the stacks, the heaviest first', () => {
  for (const seed of seeds) {
    const stacks = randomStacks(seed);
    const profile = new Profile(flameData(stacks));
    const tree = new CallTree(profile, profile.weigh(true), { direction: 'callees', seeds: [0] });
    const expected = new Map();
    for (const [stack, weight] of stacks) {
      let name = '';
      for (const frame of [{ name: '(root)' }, ...stack]) {
        name += `/${nameOf(frame)}`;
        expected.set(name, (expected.get(name) ?? 0) + weight);
      }
    }
    assert.deepEqual(new Map([...paths(tree)].sort()), new Map([...expected].sort()));
    for (let id = 0; id < tree.fn.length; id++) {
      const children = Array.from({ length: tree.count[id] }, (_, at) => tree.first[id] + at);
      const sorted = [...children].sort((a, b) => tree.weight[b] - tree.weight[a]);
      assert.deepEqual(
        children.map((one) => tree.weight[one]),
        sorted.map((one) => tree.weight[one]),
      );
    }
  }
});

test('bottom up: a node for each suffix', () => {
  for (const seed of seeds) {
    const stacks = randomStacks(seed);
    const profile = new Profile(flameData(stacks));
    const how = { direction: 'callers', firstStep: 'everyone', seeds: [0] };
    const tree = new CallTree(profile, profile.weigh(true), how);
    const expected = new Map();
    for (const [stack, weight] of stacks) {
      let name = '/(root)';
      expected.set(name, (expected.get(name) ?? 0) + weight);
      for (const frame of [...stack].reverse()) {
        name += `/${nameOf(frame)}`;
        expected.set(name, (expected.get(name) ?? 0) + weight);
      }
    }
    assert.deepEqual(new Map([...paths(tree)].sort()), new Map([...expected].sort()));
  }
});

test('callers and callees: all of the function is in both halves', () => {
  for (const seed of seeds) {
    const stacks = randomStacks(seed);
    const profile = new Profile(flameData(stacks));
    const fn = profile.functions.name.indexOf('f2');
    const view = makeView('sandwich', { profile, weights: profile.weigh(true), fn });
    const above = new Map();
    const below = new Map();
    for (const [stack, weight] of stacks) {
      const at = stack.indexOf('f2');
      if (at < 0) continue;
      const add = (map, frames) => {
        let name = '';
        for (const frame of frames) {
          name += `/${nameOf(frame)}`;
          map.set(name, (map.get(name) ?? 0) + weight);
        }
      };
      add(above, stack.slice(0, at + 1).reverse());
      add(below, stack.slice(at));
    }
    assert.deepEqual(new Map([...paths(view.callers)].sort()), new Map([...above].sort()));
    assert.deepEqual(new Map([...paths(view.callees)].sort()), new Map([...below].sort()));
    const rows = view.layout(0, view.extent, 1000);
    const middle = rows.list[view.middle];
    assert.deepEqual([middle.left, middle.right.map(Math.round), middle.id], [[0], [1000], [0]]);
    assert.equal(view.functionOf(view.middle, 0), fn);
  }
});

/** Stacks as time order draws them: what was interrupted goes on below the collector. */
function drawn(stacks, showIdle) {
  let before = [];
  return stacks.map(([stack, weight]) => {
    const names = stack.map(nameOf);
    if (names[0] !== '(garbage collector)') before = names[0] === '(idle)' ? [] : names;
    const isHidden = names[0] === '(idle)' && !showIdle;
    const own = names[0] === '(garbage collector)' ? [...before, names[0]] : names;
    return [isHidden ? [] : own, weight];
  });
}

test('time order: at each moment the stack of its sample, neighbours united', () => {
  for (const seed of seeds) {
    const stacks = randomStacks(seed);
    const profile = new Profile(flameData(stacks));
    for (const showIdle of [true, false]) {
      const view = makeView('timeOrder', { profile, showIdle });
      assert.equal(view.extent, weigh(stacks));
      const rows = view.layout(0, view.extent, view.extent / 2);
      const expected = drawn(stacks, showIdle);
      let at = 0;
      for (const [stack, weight] of expected) {
        const x = (at + weight / 2) / 2;
        const names = [];
        for (let row = 0; rows.at(row, x); row++)
          names.push(profile.functions.name[view.functionOf(row, rows.at(row, x).id)]);
        assert.deepEqual(names, stack, `seed ${seed} at ${at}`);
        at += weight;
      }
      for (const { left, right, id } of rows.list) {
        for (let place = 1; place < id.length; place++) {
          const isUnited = left[place] === right[place - 1] && id[place] === id[place - 1];
          assert.ok(!isUnited, 'neighbours with the same frame are one rectangle');
        }
      }
    }
  }
});

test('time order: the extent of a rectangle is to the microsecond, at any zoom', () => {
  const profile = new Profile(server());
  const view = makeView('timeOrder', { profile, showIdle: false });
  const extentAt = (row, microseconds, width) =>
    view.entry(view.layout(0, view.extent, width).at(row, (microseconds / view.extent) * width));
  for (const width of [40, 1000]) {
    const { from, to, fn } = extentAt(1, 600_000, width);
    assert.deepEqual([profile.functions.name[fn], from, to], ['send', 500_000, 800_000]);
    const collector = extentAt(3, 680_000, width);
    assert.deepEqual([collector.from, collector.to], [650_000, 700_000]);
  }
});

test('layout: within the edges, from left to right, nothing below half a pixel', () => {
  const data = large(20_000, 5_000);
  const profile = new Profile(data);
  const weights = profile.weigh(false);
  for (const name of ['leftHeavy', 'bottomUp', 'timeOrder']) {
    const view = makeView(name, { profile, weights, showIdle: false });
    for (const [from, to] of [
      [0, view.extent],
      [view.extent * 0.4, view.extent * 0.41],
    ]) {
      const rows = view.layout(from, to, 800);
      assert.ok(rows.count > 3, `${name}: ${rows.count} rows`);
      for (const { left, right } of rows.list) {
        left.forEach((x, at) => {
          assert.ok(x < 800.001 && right[at] > -0.001, `${name}: ${x} to ${right[at]}`);
          assert.ok(right[at] - x >= 0.499, `${name}: ${right[at] - x} wide`);
          assert.ok(at === 0 || x >= right[at - 1] - 1e-6, `${name}: order`);
        });
      }
    }
  }
});

test('siblings that are too narrow are one rectangle, which tells how many', () => {
  const many = Array.from({ length: 1000 }, (_, at) => [[`small${at}`], 1]);
  const profile = new Profile(flameData([[['big'], 9000], ...many]));
  const view = makeView('leftHeavy', { profile, weights: profile.weigh(false) });
  const rows = view.layout(0, view.extent, 1000);
  assert.equal(rows.list[1].id.length, 2);
  const entry = view.entry(rows.get(1, 1));
  assert.deepEqual([entry.more, entry.weight, entry.from, entry.to], [999, 1000, 9000, 10000]);
});

test('the same function twice below a caller is one node, its samples too', () => {
  const data = flameData([
    [['a', 'b'], 10],
    [['a', 'c'], 20],
  ]);
  // As another exporter might write it: `a` once for each line that it was called from.
  data.nodes = { function: [0, 1, 2, 1, 3], parent: [-1, 0, 1, 0, 3], self: [0, 0, 10, 0, 20] };
  data.samples = { node: [2, 4], delta: [10, 20] };
  const profile = new Profile(data);
  assert.equal(profile.nodeCount, 4);
  const view = makeView('timeOrder', { profile, showIdle: false });
  const rows = view.layout(0, 30, 300);
  assert.deepEqual([rows.list[0].left, rows.list[0].right], [[0], [300]]);
});

test('a deep recursion and an empty profile', () => {
  const deep = new Profile(recursive(20_000));
  const weights = deep.weigh(false);
  assert.equal(weights.functionTotal[1], 1000);
  for (const name of ['leftHeavy', 'bottomUp', 'timeOrder']) {
    const view = makeView(name, { profile: deep, weights, showIdle: false });
    assert.ok(view.layout(0, view.extent, 500).count >= 20_000, name);
    assert.ok(view.crumbs(0, view.extent).length >= 1, name);
  }
  const empty = flameData([]);
  empty.nodes = { function: [], parent: [], self: [] };
  for (const data of [flameData([]), empty]) {
    const profile = new Profile(data);
    for (const name of ['leftHeavy', 'bottomUp', 'timeOrder', 'sandwich']) {
      const view = makeView(name, { profile, weights: profile.weigh(true), showIdle: true, fn: 0 });
      assert.equal(view.layout(0, view.extent, 500).count, 0, name);
    }
  }
});

test('what is no such data is refused with the reason', () => {
  const data = server();
  const refused = (change, message) =>
    assert.throws(() => new Profile({ ...data, ...change }), { message });
  refused({ version: 2 }, 'expected data of version 1, found 2');
  const nodes = (change) => ({ nodes: { ...data.nodes, ...change } });
  const { parent, self, function: functions } = data.nodes;
  refused(nodes({ parent: parent.with?.(1, 5) ?? [-1, 5, ...parent.slice(2)] }), /node 1 of/);
  refused(nodes({ self: [0, -1, ...self.slice(2)] }), /node 1 of/);
  refused(nodes({ function: [0, 99, ...functions.slice(2)] }), /node 1 of/);
});

test('labels: no name, no place, hostile ones, and keys of objects', () => {
  const profile = new Profile(
    flameData([
      [['', { name: HOSTILE, category: 'toString' }], 1],
      [
        [
          { name: '', category: 'idle' },
          { name: 'x'.repeat(10_000), url: 'file:///a\u202e.js', line: 3 },
        ],
        1,
      ],
    ]),
  );
  const labels = profile.functions.name.map((_, fn) => functionLabel(profile, fn));
  assert.equal(labels[1], '(anonymous)');
  assert.ok(labels[2].startsWith('<img src=x') && !labels[2].includes('\u202e'));
  assert.equal(labels[3], '(idle)');
  assert.equal(labels[4].length, 401);
  assert.equal(placeLabel(profile, 4), '/a\\u202e.js:3');
  const groups = new Groups(profile, profile.weigh(true));
  assert.equal(groups.list[groups.ofFunction[2]].label, 'toString');
  assert.equal(groups.list[groups.ofFunction[2]].slot, 'p0');
});

test('times read as a person would say them', () => {
  assert.deepEqual(
    [0, 999, 1000, 12_345, 999_600, 1_234_567, 59_999_999, 3_723_000_000].map(time),
    ['0 µs', '999 µs', '1.00 ms', '12.3 ms', '1.00 s', '1.23 s', '60.0 s', '62 min 3 s'],
  );
  assert.deepEqual(
    [moment(1_500_000, 500_000), moment(20_000, 10_000), moment(1250, 50), moment(2e8, 1e8)],
    ['1.5 s', '20 ms', '1250 µs', '200 s'],
  );
  assert.deepEqual([0.3, 3, 49_000, 600_000].map(niceStep), [1, 5, 50_000, 1_000_000]);
});

test('the page: one file, nothing to load, and data that cannot leave its place', () => {
  const data = { ...server(), title: HOSTILE };
  const page = flamePage(JSON.stringify(data));
  const inside = page.match(/<script type="application\/json" id="data">(.*?)<\/script>/s)[1];
  assert.deepEqual(JSON.parse(inside), data);
  assert.ok(!inside.includes('<'));
  const { head, tail } = flamePageParts();
  assert.equal(page, head + inside + tail);
  assert.equal(page.match(/<\/script>/g).length, 2);
  const { script, style } = flameAssets();
  assert.doesNotMatch(head + tail, /https?:\/\//);
  const markup = (head + tail).replace(script, '').replace(style, '');
  assert.doesNotMatch(markup, /\{\{|<[^>]* (?:style|on\w+)=/);
  const hash = (text) => crypto.createHash('sha256').update(text).digest('base64');
  const policy = page.match(/Content-Security-Policy" content="([^"]*)"/)[1];
  assert.ok(policy.startsWith("default-src 'none'; "), policy);
  assert.ok(policy.includes(`style-src 'sha256-${hash(style)}'`));
  assert.ok(policy.includes(`script-src 'sha256-${hash(script)}'`));
});

test('nothing on the page makes HTML of a string', () => {
  const web = path.join(__dirname, '..', '..', 'web');
  for (const name of fs.readdirSync(web).filter((one) => /^flame.*\.js$/.test(one))) {
    const source = fs.readFileSync(path.join(web, name), 'utf8');
    assert.doesNotMatch(
      source,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function\b|srcdoc/,
      name,
    );
  }
});
