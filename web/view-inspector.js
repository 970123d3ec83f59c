'use strict';

/**
 * One object: how big it is, who holds it, what it holds, what would be freed with it.
 *
 * @module
 */

const { edgeLabel, objectName } = require('../lib/object-labels.js');
const { count, percent, size } = require('../lib/units.js');
const { element } = require('./dom.js');
const {
  columns,
  figures,
  objectCell,
  placeOf,
  plainButton,
  shown,
  tableCard,
  trail,
} = require('./view-dom.js');
const { fill } = require('./view-waiting.js');

const { minor, number, row } = columns;

/** Rows of each list, then so many times as many. */
const FIRST = 20;
const TIMES = 5;
const MOST = 10_000;

const edgeColumn = (title) => row(title, ({ edge }) => element('code', shown(edgeLabel(edge))));
const objectColumn = (title) => ({
  ...row(title, ({ object }) => objectCell(object)),
  kind: 'cell',
});

const sizes = (texts) => [
  minor(number(texts('v.shallow'), (one) => one.object.selfSize, size)),
  number(texts('v.retained'), (one) => one.object.retainedSize, size),
];

/** Lists of an inspection: `[name, columns]`. */
const lists = (texts) => {
  const reference = edgeColumn(texts('v.reference'));
  return [
    ['retainers', [reference, objectColumn(texts('v.of.object')), ...sizes(texts)]],
    ['properties', [reference, objectColumn(texts('v.object')), ...sizes(texts)]],
    ['dominated', [row(texts('v.object'), ({ object }) => objectCell(object)), ...sizes(texts)]],
  ];
};

class Inspector {
  #id;
  #limit;

  /** @param {{ source: object, texts: Function, signal: AbortSignal, trail: object }} context */
  constructor(context, ways) {
    this.context = context;
    this.ways = ways;
    const { texts } = context;
    this.back = plainButton(`← ${texts('v.back')}`, () => ways.back());
    this.forward = plainButton(`${texts('v.forward')} →`, () => ways.forward());
    this.place = element('div');
    this.element = element(
      'div',
      { tabindex: -1 },
      element('div.bar', this.back, this.forward),
      this.place,
    );
  }

  /** @param {number} id */
  show(id) {
    this.#id = id;
    this.#limit = FIRST;
    this.forward.disabled = !this.ways.canForward;
    this.element.focus({ preventScroll: true });
    return fill(this.place, this.context, () => this.#load());
  }

  async #load() {
    const id = this.#id;
    const found = await this.context.source.ask(`objects/${id}?limit=${this.#limit}`);
    return [this.#head(found), ...this.#lists(found)];
  }

  #head({ object, dominator, path }) {
    const { texts } = this.context;
    const name = shown(objectName(object));
    const pairs = [
      [texts('v.shallow'), size(object.selfSize)],
      [texts('v.retained'), `${size(object.retainedSize)}, ${percent(object.share)}`],
      [texts('v.distance'), count(object.distance)],
      [texts('v.kind'), object.kind],
    ];
    const place = placeOf(object.location);
    if (place) pairs.push([texts('v.defined'), place]);
    const steps = path.length > 0 ? trail(path) : element('p', texts('v.noPath'));
    const held = dominator && element('p', texts('v.dominator'), ' ', objectCell(dominator));
    return element(
      'div.card',
      element('h3', name, ' ', element('span.id', `@${object.id}`)),
      figures(pairs),
      element('h4', texts('v.path')),
      steps,
      held,
    );
  }

  #lists(found) {
    const { texts } = this.context;
    return lists(texts)
      .filter(([name]) => found.totals[name] > 0)
      .map(([name, list]) => {
        // A row is a reference with its object; what is dominated is an object alone.
        const rows = found[name].map((one) => (one.object ? one : { object: one }));
        const all = found.totals[name];
        const of = texts('v.of', { some: count(rows.length), all: count(all) });
        return tableCard({
          title: texts(`v.${name}`),
          caption: rows.length < all ? of : '',
          columns: list,
          rows,
          texts,
          more: rows.length < all && this.#limit < MOST ? [this.#more()] : [],
        });
      });
  }

  #more() {
    const { texts, source } = this.context;
    const more = plainButton(texts('v.showMore'), async () => {
      more.disabled = true;
      this.#limit = Math.min(MOST, this.#limit * TIMES);
      // What is there stays until there is more.
      const nodes = await this.#load().catch((error) => [
        ...this.place.children,
        element('p.wrong', { role: 'alert' }, error.message),
      ]);
      if (!source.signal.aborted) this.place.replaceChildren(...nodes);
    });
    return more;
  }
}

module.exports = { Inspector };
