'use strict';

/**
 * The captures: what each says, and what can be done with it.
 *
 * @module
 */

const { button, element } = require('./dom.js');
const { confirmed, keyed, section } = require('./profiler-dom.js');
const { clock, duration, size } = require('./profiler-format.js');
const { attempt, navigate, page } = require('./profiler-page.js');
const { texts } = require('./profiler-texts.js');

/** Shown before one asks for all. */
const FEW = 10;

const COMPARABLE = ['heapSnapshot', 'cpuProfile', 'heapProfile'];

const labelOf = (capture) => `${texts(`kind.${capture.kind}`)}, ${clock(capture.startedAt)}`;

function factsOf({ bytes, pauseMs, pid, ofThisProcess, reason }) {
  return [
    size(bytes),
    Number.isFinite(pauseMs) && texts('stopped', { time: duration(pauseMs) }),
    !ofThisProcess && pid && `pid ${pid}`,
    reason,
  ]
    .filter(Boolean)
    .join(' · ');
}

async function remove({ id, name, bytes }) {
  const question = texts('confirmDelete', { name, size: size(bytes) });
  if (!(await confirmed(question, texts('delete'), texts('keep')))) return;
  await attempt(() => page.api.remove(`captures/${id}`));
  page.loadCaptures();
}

function makeButtons(capture) {
  const { can } = page.status;
  const attributes = (key) => ({ 'aria-label': `${texts(key)}: ${labelOf(capture)}` });
  const href = page.api.url(`captures/${capture.id}/file`);
  const link = { href, download: '', ...attributes('download') };
  return element(
    'div.buttons',
    can.download && element('a.button', link, texts('download')),
    can.act &&
      button(texts('delete'), () => remove(capture), { ...attributes('delete'), class: 'quiet' }),
  );
}

/** @param {(capture: object, isPicked: boolean) => void} pick */
function makeItem(capture, pick) {
  const { id, kind, verdict, analyzed, startedAt, name } = capture;
  const { download } = page.status.can;
  const isKept = download && COMPARABLE.includes(kind);
  const label = { 'aria-label': `${texts('compare')}: ${labelOf(capture)}` };
  const box = isKept && element('input', { type: 'checkbox', ...label });
  if (box) box.addEventListener('change', () => pick(id, box.checked));
  const title = element('strong', texts(`kind.${kind}`));
  const when = element('time.soft', { datetime: startedAt, title: name }, clock(startedAt));
  const said = verdict ?? (isKept && !analyzed ? texts('notAnalyzed') : '');
  const about = element(
    'div',
    element('p', download ? element('a', { href: `#/capture/${id}` }, title) : title, ' ', when),
    element(verdict ? 'p' : 'p.soft', said),
    element('p.soft', factsOf(capture)),
  );
  return Object.assign(element('li', box || element('span'), about, makeButtons(capture)), {
    box,
    capture,
  });
}

/** What is shown of it is in its key: what changed is made anew. */
const keyOf = ({ id, verdict, analyzed, bytes }) => [id, verdict, analyzed, bytes].join();

function makeCaptures() {
  const list = element('ul.captures');
  const sum = element('p.soft');
  const empty = element('p.soft', texts('noCaptures'));
  const compare = button('', openComparison);
  const all = button('', () => {
    all.isPressed = true;
    update();
  });
  let picked = [];

  const find = (id) => page.captures.find((one) => one.id === id);

  /** One can tick two of a kind. */
  function showPicked() {
    const kind = find(picked[0])?.kind;
    for (const { box, capture } of list.children) {
      if (!box) continue;
      box.checked = picked.includes(capture.id);
      const isOther = kind !== undefined && capture.kind !== kind;
      box.disabled = !box.checked && (isOther || picked.length === 2);
    }
    compare.textContent = texts(picked.length < 2 ? 'compareHint' : 'compare');
    compare.disabled = picked.length < 2;
  }

  function pick(id, isPicked) {
    picked = picked.filter((one) => one !== id);
    if (isPicked) picked.push(id);
    showPicked();
  }

  /** The older one is what was before. */
  function openComparison() {
    const [before, after] = picked.sort((a, b) => (find(a).startedAt < find(b).startedAt ? -1 : 1));
    navigate(`#/compare/${before}/${after}`);
  }

  /** @param {{ bytes: number, quota: number|null }} [answer] */
  function update(answer) {
    const { captures, status } = page;
    picked = picked.filter(find);
    const shown = all.isPressed ? captures : captures.slice(0, FEW);
    keyed(list, shown, keyOf, (capture) => makeItem(capture, pick));
    const n = captures.length;
    if (answer) {
      const [bytes, quota] = [answer.bytes, answer.quota ?? 0].map(size);
      const used = answer.quota ? `${bytes} / ${quota}` : bytes;
      sum.textContent = n > 0 ? texts('capturesSum', { n, used }) : '';
    }
    empty.hidden = n > 0;
    list.hidden = n === 0;
    all.hidden = shown.length === n;
    all.textContent = texts('showAll', { n });
    compare.hidden = !status.can.download || n < 2;
    showPicked();
  }

  const note = !page.status.can.download && element('p.soft', texts('noDownload'));
  return { element: section(texts('captures'), [sum, compare], note, list, empty, all), update };
}

module.exports = { makeCaptures };
