'use strict';

/**
 * The tree of dominators, a level at a time: below each object what would be freed with it.
 *
 * @module
 */

const { edgeLabel, objectName } = require('../lib/object-labels.js');
const { count, percent, size } = require('../lib/units.js');
const { element, setAttributes } = require('./dom.js');
const { idOf, shareCell, shown } = require('./view-dom.js');
const { fill } = require('./view-waiting.js');

const PAGE = 20;

class DominatorTree {
  /** What an item stands for. */
  #rows = new WeakMap();

  constructor({ source, texts, inspect }) {
    Object.assign(this, { source, texts, inspect });
    const tree = { role: 'tree', 'aria-label': texts('v.dominators') };
    this.element = element('ul.tree', tree);
    this.element.addEventListener('keydown', (event) => this.#press(event));
    this.element.addEventListener('click', (event) => this.#click(event));
  }

  /** The first level. */
  async start() {
    await this.#load(this.element, undefined, 1);
    this.#items()[0]?.setAttribute('tabindex', 0);
  }

  async #load(list, id, level) {
    const offset = list.querySelectorAll(':scope > [data-id]').length;
    const query = new URLSearchParams({ offset, limit: PAGE });
    if (id !== undefined) query.set('object', id);
    const { total, rows } = await this.source.ask(`dominators?${query}`);
    list.querySelector(':scope > .more')?.remove();
    list.append(
      ...rows.map((row, at) => this.#item(row, { level, place: offset + at + 1, total })),
    );
    const left = total - offset - rows.length;
    if (left > 0 && rows.length > 0) list.append(this.#more(left, level, { list, id }));
  }

  #item(row, { level, place, total }) {
    const { texts } = this;
    const isLeaf = row.dominated === 0;
    const name = element('span.object', shown(objectName(row)));
    const edge = row.edge ? element('b', shown(edgeLabel(row.edge))) : '';
    const inside = isLeaf ? '' : texts('v.inside', { n: count(row.dominated) });
    const line = element(
      'div.line',
      element('span.what', edge, ' ', name, ' ', idOf(row), ' ', element('small', inside)),
      element('span.number', size(row.retainedSize)),
      shareCell(row),
    );
    const label = `${name.textContent}, ${size(row.retainedSize)}, ${percent(row.share)}`;
    const item = this.#listItem('li', { level, label: `${edge.textContent ?? ''} ${label}` }, line);
    setAttributes(item, {
      'data-id': row.id,
      'aria-posinset': place,
      'aria-setsize': total,
      'aria-expanded': isLeaf ? undefined : 'false',
    });
    this.#rows.set(item, { id: row.id, level });
    return item;
  }

  #more(left, level, { list, id }) {
    const text = this.texts('v.more', { n: count(Math.min(PAGE, left)) });
    const item = this.#listItem('li.more', { level, label: text }, element('div.line', text));
    this.#rows.set(item, { list, id, level });
    return item;
  }

  #listItem(name, { level, label }, line) {
    const about = { role: 'treeitem', 'aria-level': level, 'aria-label': label, tabindex: -1 };
    return element(name, about, line);
  }

  async #toggle(item, isWanted = item.getAttribute('aria-expanded') !== 'true') {
    if (!item.hasAttribute('aria-expanded')) return;
    setAttributes(item, { 'aria-expanded': String(isWanted) });
    let group = item.querySelector(':scope > ul');
    if (group) group.hidden = !isWanted;
    if (group || !isWanted) return;
    group = element('ul', { role: 'group' });
    item.append(group);
    await this.#busy(item, async () => {
      const { id, level } = this.#rows.get(item);
      await this.#load(group, id, level + 1);
    });
    if (group.childElementCount === 0) {
      group.remove();
      setAttributes(item, { 'aria-expanded': 'false' });
    }
  }

  /** What cannot be had is told where it would have been, and asked for again by the next click. */
  async #busy(item, work) {
    setAttributes(item, { 'aria-busy': 'true' });
    item.querySelector(':scope > .wrong')?.remove();
    try {
      await work();
    } catch (error) {
      item.append(element('p.wrong', { role: 'alert' }, error.message));
    } finally {
      setAttributes(item, { 'aria-busy': false });
    }
  }

  async #continue(item) {
    const { list, id, level } = this.#rows.get(item);
    const before = item.previousElementSibling;
    await this.#busy(item, () => this.#load(list, id, level));
    this.#focus(before.nextElementSibling);
  }

  #activate(item) {
    if (item.classList.contains('more')) return this.#continue(item);
    this.inspect(this.#rows.get(item).id);
  }

  #click(event) {
    const item = event.target.closest('li');
    if (!item) return;
    this.#focus(item);
    if (event.target.closest('.object, .more')) this.#activate(item);
    else this.#toggle(item);
  }

  #items() {
    return [...this.element.querySelectorAll('li')].filter((item) => item.offsetParent !== null);
  }

  #focus(item) {
    if (!item) return;
    this.element.querySelector('li[tabindex="0"]')?.setAttribute('tabindex', -1);
    item.tabIndex = 0;
    item.focus();
  }

  #press(event) {
    const item = event.target.closest('li');
    const isOpen = item?.getAttribute('aria-expanded') === 'true';
    const step = (by) => {
      const items = this.#items();
      this.#focus(items[items.indexOf(item) + by]);
    };
    const keys = {
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      ArrowRight: () => (isOpen ? step(1) : this.#toggle(item, true)),
      ArrowLeft: () =>
        isOpen ? this.#toggle(item, false) : this.#focus(item.parentElement.closest('li')),
      Home: () => this.#focus(this.#items()[0]),
      End: () => this.#focus(this.#items().at(-1)),
      Enter: () => this.#activate(item),
      ' ': () => this.#activate(item),
    };
    if (!item || !Object.hasOwn(keys, event.key) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
  }
}

function showDominators(panel, context) {
  const tree = new DominatorTree(context);
  const card = element('div.card');
  panel.replaceChildren(card);
  fill(card, context, async () => {
    await tree.start();
    return [element('p.soft', context.texts('v.treeHelp')), tree.element];
  }).then(() => tree.element.querySelector('li')?.setAttribute('tabindex', 0));
}

module.exports = { showDominators };
