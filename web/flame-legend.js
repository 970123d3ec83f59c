'use strict';

/**
 * Whose code it was: one bar, and the colours with their shares. A colour that is pressed stands out.
 *
 * @module
 */

const { amount, plural, share, short } = require('./flame-labels.js');
const { button, element, setAttributes } = require('./dom.js');

/** So many are told by name; the rest on demand. */
const SHOWN = 12;

class Legend {
  #isOpen = false;
  #pressed = -1;

  /** @param {(group: number) => void} onPress with -1 where none is pressed any more */
  constructor(profile, groups, onPress) {
    this.profile = profile;
    this.groups = groups;
    this.onPress = onPress;
    this.bar = element('div.flame-bar', { 'aria-hidden': 'true' });
    this.list = element('ul.flame-legend', { 'aria-label': 'Colours: whose code it is' });
    this.caption = element('p.flame-caption');
    this.element = element('div', this.caption, this.bar, this.list);
  }

  /** @param {object} weights of `profile.weigh()` */
  show(weights) {
    this.weights = weights;
    const own = new Float64Array(this.groups.list.length);
    weights.functionSelf.forEach((self, fn) => {
      own[this.groups.ofFunction[fn]] += self;
    });
    this.own = own;
    this.order = [...own.keys()].filter((group) => own[group] > 0);
    this.order.sort((a, b) => own[b] - own[a]);
    this.#render();
  }

  /** Has no colour pressed, and tells nobody. */
  release() {
    this.#pressed = -1;
    for (const chip of this.list.querySelectorAll('[aria-pressed]'))
      setAttributes(chip, { 'aria-pressed': 'false' });
  }

  #caption() {
    if (this.profile.unit === 'bytes') return 'Whose code allocated what is still alive';
    const hasIdle = this.order.some((group) => this.groups.list[group].isIdle);
    return `Whose code ran, by its own share of ${hasIdle ? 'all' : 'busy'} time`;
  }

  #render() {
    const { order, weights } = this;
    this.caption.textContent = this.#caption();
    this.bar.replaceChildren(
      ...order.map((group) => {
        const part = element(`span.flame-${this.groups.list[group].slot}`);
        part.style.flexGrow = this.own[group] / weights.sum;
        return part;
      }),
    );
    const hidden = this.#isOpen ? [] : order.slice(SHOWN + 1).length > 0 ? order.slice(SHOWN) : [];
    const items = order.slice(0, order.length - hidden.length).map((group) => this.#item(group));
    if (hidden.length > 0) items.push(this.#moreItem(hidden));
    this.list.replaceChildren(...items);
  }

  #item(group) {
    const { label, slot } = this.groups.list[group];
    const isPressed = group === this.#pressed;
    const parts = [
      element(`span.flame-swatch.flame-${slot}`, { 'aria-hidden': 'true' }),
      element('span.flame-chip-name', short(label, 60)),
      element('b', share(this.own[group], this.weights.sum)),
    ];
    const chip = button(parts, () => this.#press(group, chip), {
      class: 'flame-chip',
      'aria-pressed': String(isPressed),
      title: amount(this.profile, this.own[group]),
    });
    return element('li', chip);
  }

  #press(group, chip) {
    const isPressed = this.#pressed === group;
    this.release();
    this.#pressed = isPressed ? -1 : group;
    setAttributes(chip, { 'aria-pressed': String(!isPressed) });
    this.onPress(this.#pressed);
  }

  #moreItem(hidden) {
    const sum = hidden.reduce((total, group) => total + this.own[group], 0);
    const text = plural(hidden.length, 'more', 'more');
    const open = () => {
      this.#isOpen = true;
      this.#render();
      this.list.querySelectorAll('button')[SHOWN]?.focus();
    };
    const label = [text, element('b', share(sum, this.weights.sum))];
    return element('li', button(label, open, { class: 'flame-chip' }));
  }
}

module.exports = { Legend };
