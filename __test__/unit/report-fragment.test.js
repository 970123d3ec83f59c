'use strict';

/** The heap report as a piece of the profiler's page, in both languages. */

const assert = require('node:assert/strict');
const test = require('node:test');
const { reportHtml } = require('../../lib/cli/html/report.js');
const { TEXTS } = require('../../lib/cli/html/texts.js');
const { RULES } = require('../../lib/cli/labels.js');
const { reportFragment } = require('../../lib/http/report-fragment.js');
const { faced, healthy, hostile, leaky } = require('./report-fixtures.js');
const { code } = require('./support.js');

const BUTTON = /<button type="button" class="object" data-id="(\d+)">@\1<\/button>/g;

const withoutButtons = (text) => text.replace(BUTTON, '@$1');

/** Text of the markup. */
const shown = (text) =>
  text
    .replace(/<svg[\s\S]*?<\/svg>/g, '')
    .replace(/<[^>]*>/g, '')
    .replace(/\s+/g, ' ');

test('page and fragment say the same', () => {
  for (const report of [leaky(), healthy(), hostile()].map((one) => faced(one))) {
    const page = reportHtml(report, { names: ['a.heapsnapshot'] });
    const main = /<main id="main">([\s\S]*)<\/main>/.exec(page)[1];
    const plain = (text) =>
      shown(withoutButtons(text))
        .replace(/npx rsprof inspect a\.heapsnapshot /g, '')
        .replace(/npx rsprof diff a\.heapsnapshot LATER\.heapsnapshot/, TEXTS.en.compare)
        .trim();
    assert.equal(plain(reportFragment(report)), plain(main));
  }
});

test('every object is a button, in tables, paths and sentences', () => {
  for (const lang of ['en', 'zh']) {
    const fragment = reportFragment(faced(leaky()), { lang });
    const rest = fragment.replace(BUTTON, '');
    assert.doesNotMatch(shown(rest), /@\d/);
    const ids = [...fragment.matchAll(BUTTON)].map(([, id]) => Number(id));
    for (const id of [65893, 72201, 80111, 80120, 90221]) assert.ok(ids.includes(id), `${id}`);
    assert.match(fragment, /<p>(?:1 )?Manager <button[^>]*data-id="65893">/);
  }
});

test('nothing of the page alone is in it, and no two ids are the same', () => {
  const fragment = reportFragment(faced(leaky()), { lang: 'zh' });
  assert.doesNotMatch(fragment, /npx|<script|<style|\sstyle=|\son\w+=|<main|<h1/);
  const ids = [...fragment.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^report-/);
  for (const [, id] of fragment.matchAll(/aria-labelledby="([^"]*)"/g)) assert.ok(ids.includes(id));
});

test('hostile names stay text', () => {
  for (const lang of ['en', 'zh']) {
    const fragment = reportFragment(faced(hostile()), { lang });
    const tags = new Set([...fragment.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([, tag]) => tag));
    for (const tag of ['script', 'img', 'iframe', 'style', 'link']) assert.ok(!tags.has(tag), tag);
    assert.doesNotMatch(fragment.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  }
});

test('Chinese: a sentence of its own, and the English one below it', () => {
  const text = shown(withoutButtons(reportFragment(faced(leaky()), { lang: 'zh' })));
  const parts = [
    '结论',
    'Manager @65893 持有堆的 84.9 %（104.2 MB），积累在 Array @72201 中：31,356 个 Room 对象。另有 1 个嫌疑。',
    '1 Manager @65893 holds 84.9 % of the heap',
    '1. 只增不减的数组',
    'Manager @65893 持有堆的 84.9 %',
    '1 Manager @65893 holds 84.9 % of the heap',
    '怎么办：',
    'Remove rooms from Manager.rooms',
    '2. 闭包共享同一个作用域',
    '从 unused() @80111 开始的一串函数作用域占堆的 6.2 %（7.6 MB）',
    '12 closures unused()',
    '堆的组成',
    '最大的对象',
  ];
  let at = 0;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    assert.ok(found >= 0, `${part} behind ${at} in ${text}`);
    at = found + part.length;
  }
  const calm = shown(reportFragment(faced(healthy()), { lang: 'zh' }));
  assert.match(calm, /没有嫌疑：.* 的堆中没有突出的对象。/);
  assert.match(calm, /两个都在捕获列表中。/);
});

/** A report with one suspect of a rule. */
function suspected(rule, more) {
  const [suspect] = leaky().suspects;
  return faced({ ...leaky(), suspects: [{ ...suspect, rule, ...more }] });
}

test('Chinese: every rule of the engine has words, and one that is newer is told all the same', () => {
  const heapRules = Object.keys(RULES).slice(0, Object.keys(RULES).indexOf('hot-function'));
  assert.ok(heapRules.length >= 14);
  for (const rule of heapRules) {
    const text = shown(reportFragment(suspected(rule), { lang: 'zh' }));
    assert.doesNotMatch(text, /undefined|NaN|\[object/, rule);
    assert.match(/1\. (.*?)[\d.]+ %/.exec(text)[1], /\p{Script=Han}/u, rule);
  }
  const newer = shown(reportFragment(suspected('newer-rule'), { lang: 'zh' }));
  assert.match(newer, /1\. newer-rule/);
  assert.match(newer, /Manager @65893 持有堆的 84\.9 %/);
});

test('Chinese: of a group no object is told, and of nothing no class', () => {
  const group = suspected('group', { object: null, accumulationPoint: null });
  assert.match(
    shown(reportFragment(group, { lang: 'zh' })),
    /31,356 个 Room 对象共占堆的 84\.9 %（104\.2 MB）；没有任何单个对象持有全部。多数挂在 global\.manager/,
  );
  const bare = suspected('object', { className: null, accumulationPoint: null });
  assert.match(shown(reportFragment(bare, { lang: 'zh' })), /持有堆的 84\.9 %（104\.2 MB）。/);
});

test('both tables have the same texts', () => {
  const names = (texts) => Object.keys(texts).filter((name) => typeof texts[name] !== 'function');
  const { en, zh } = TEXTS;
  assert.deepEqual(names(zh), names(en));
  for (const name of ['columns', 'figures']) {
    assert.deepEqual(Object.keys(zh[name]), Object.keys(en[name]));
  }
  for (const name of Object.keys(en)) assert.ok(name in zh, name);
});

test('of a profile the verdict is told; another language is refused', () => {
  const finding = { sentence: 'pack() takes <most>', explanation: 'Why.', advice: 'Do.' };
  const text = reportFragment({ kind: 'cpuProfile', verdict: 'Busy.', findings: [finding] });
  assert.match(text, /Busy\./);
  assert.match(text, /pack\(\) takes &lt;most&gt;/);
  for (const lang of ['de', 'constructor', '']) {
    assert.throws(() => reportFragment(faced(leaky()), { lang }), code('INVALID_ARG'));
  }
});
