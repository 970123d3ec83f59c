'use strict';

/**
 * The controls above the graph: view, search, idle time, and the way back.
 *
 * @module
 */

const { functionLabel, short, time } = require('./flame-labels.js');
const { button, element, setAttributes, uniqueId } = require('./dom.js');

/** Views: `[name, title, what it shows]`. */
const VIEWS = [
  ['leftHeavy', 'Left heavy', 'Callees below their callers, the heaviest on the left.'],
  ['timeOrder', 'Time order', 'From left to right as it happened, callees below their callers.'],
  [
    'bottomUp',
    'Bottom up',
    'At the top the functions by their own WEIGHT, below each who called it.',
  ],
  [
    'sandwich',
    'Callers and callees',
    'Above the marked function who calls it, below what it calls; click one to turn to it.',
  ],
];

/** What a view shows, in one sentence. */
function hintOf(view, { unit }) {
  const weight = unit === 'bytes' ? 'bytes' : 'time';
  const [, , hint] = VIEWS.find(([name]) => name === view);
  return `Width is ${weight}. ${hint.replace('WEIGHT', weight)}`;
}

/** Which view; radio buttons, so that arrows move between them. */
class ViewSwitch {
  constructor(names, onChange) {
    const name = uniqueId('view');
    this.inputs = new Map();
    const items = VIEWS.filter(([view]) => names.includes(view)).map(([view, title]) => {
      const input = element('input', { type: 'radio', name, value: view });
      input.addEventListener('change', () => onChange(view));
      this.inputs.set(view, input);
      return element('label', input, element('span', title));
    });
    this.element = element('fieldset.flame-switch', element('legend', 'View'), ...items);
  }

  check(view) {
    this.inputs.get(view).checked = true;
  }
}

const WANTED = 'Search functions, files, packages';

/** A field for a text or a pattern. */
class Search {
  #isPattern = false;

  constructor(onChange) {
    this.onChange = onChange;
    const id = uniqueId('search');
    this.input = element('input', {
      id,
      type: 'search',
      autocomplete: 'off',
      spellcheck: 'false',
      placeholder: WANTED,
    });
    const title = 'Regular expression';
    this.pattern = button('.*', () => this.#toggle(), {
      class: 'flame-pattern',
      'aria-pressed': 'false',
      'aria-label': title,
      title,
    });
    this.output = element('output', { for: id });
    const label = element('label.unseen', { for: id }, WANTED);
    this.element = element('div.flame-search', { role: 'search' }, label, this.input, this.pattern);
    this.input.addEventListener('input', () => this.#change());
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.clear();
    });
  }

  #toggle() {
    this.#isPattern = !this.#isPattern;
    setAttributes(this.pattern, { 'aria-pressed': String(this.#isPattern) });
    this.#change();
  }

  #change() {
    this.onChange(this.input.value.trim(), this.#isPattern);
  }

  clear() {
    this.input.value = '';
    this.#change();
  }

  /** Tells nobody. */
  empty() {
    this.input.value = '';
    this.tell('');
  }

  tell(text, isWrong = false) {
    this.output.value = text;
    setAttributes(this.input, { 'aria-invalid': isWrong && 'true' });
  }
}

/** At most so many steps of a trail are shown at its end. */
const LAST = 4;

/** What one is inside of; each step leads back to it. */
class Crumbs {
  constructor(profile, onPress) {
    this.profile = profile;
    this.onPress = onPress;
    this.list = element('ol');
    this.element = element('nav.flame-crumbs', { 'aria-label': 'Zoomed into' }, this.list);
  }

  /** @param {object[]} crumbs `{ fn, from, to }`, the outermost first */
  show(crumbs) {
    const skipped = Math.max(0, crumbs.length - 1 - LAST);
    const shown = skipped > 1 ? [crumbs[0], ...crumbs.slice(-LAST)] : crumbs;
    const items = shown.map((crumb, at) => this.#item(crumb, at === shown.length - 1, at));
    if (skipped > 1)
      items.splice(1, 0, element('li', element('span.flame-crumb', `… ${skipped} more`)));
    this.list.replaceChildren(...items);
  }

  #item(crumb, isLast, at) {
    const text = this.#label(crumb, at);
    if (isLast) return element('li', element('span.flame-crumb', { 'aria-current': 'true' }, text));
    return element(
      'li',
      button(text, () => this.onPress(crumb)),
    );
  }

  #label({ fn, from, to, label }, at) {
    if (label) return label;
    if (fn >= 0) return short(functionLabel(this.profile, fn), 60);
    return at === 0 ? 'All' : `${time(from)} to ${time(to)}`;
  }
}

module.exports = { Crumbs, Search, ViewSwitch, hintOf };
