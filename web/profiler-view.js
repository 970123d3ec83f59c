'use strict';

/**
 * What is behind a capture, or behind two.
 *
 * @module
 */

const { button, element } = require('./dom.js');
const { clock, size } = require('./profiler-format.js');
const { attempt, navigate, page } = require('./profiler-page.js');
const { texts } = require('./profiler-texts.js');
const { mountCapture, mountComparison } = require('./views.js');

function makeView() {
  const [title, facts, body] = [element('h2', { tabindex: -1 }), element('p.soft'), element('div')];
  const back = element('a.button', { href: '#/' }, `← ${texts('overview')}`);
  const view = element('section', { hidden: true }, element('div.row', back, title, facts), body);
  let [mounted, shown] = [undefined, 0];

  function tell(captures) {
    const [first, second] = captures;
    title.textContent = second ? texts('compare') : texts(`kind.${first.kind}`);
    const times = captures.map(({ startedAt }) => clock(startedAt)).join(' → ');
    const rest = second ? [] : [size(first.bytes), first.name];
    facts.textContent = [times, ...rest].join(' · ');
    title.focus();
  }

  function mount(captures) {
    const place = element('div');
    body.replaceChildren(place);
    const common = { api: page.api, texts, navigate };
    const [capture, after] = captures;
    mounted = after
      ? mountComparison(place, { before: capture, after, ...common })
      : mountCapture(place, { capture, ...common });
  }

  /** @param {{ name: string, ids: string[] }} route */
  async function show(route) {
    const turn = ++shown;
    mounted?.unmount();
    mounted = undefined;
    view.hidden = route.name === 'overview';
    title.textContent = facts.textContent = '';
    body.replaceChildren(element('p.soft', { role: 'status' }, texts('loading')));
    if (view.hidden) return;
    const captures = await attempt(() =>
      Promise.all(route.ids.map((id) => page.api.get(`captures/${id}`))),
    );
    if (turn !== shown) return;
    if (captures) {
      tell(captures);
      return mount(captures);
    }
    const again = button(texts('retry'), () => show(route));
    body.replaceChildren(element('p', { role: 'alert' }, texts('viewMissing')), again);
  }

  return { element: view, show };
}

module.exports = { makeView };
