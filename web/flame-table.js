'use strict';

/**
 * The functions as a table: own and total weight, where they are, whose they are.
 *
 * @module
 */

const {
  amount,
  count,
  functionLabel,
  packageLabel,
  share,
  short,
  shortPlaceLabel,
} = require('./flame-labels.js');
const { button, element, setAttributes, uniqueId } = require('./dom.js');

/** Rows at a time. */
const PAGE = 200;

const collator = new Intl.Collator('en', { numeric: true });

/** Columns: `[title, class, what is sorted by, first order]`. */
const COLUMNS = [
  ['Function', 'row', 'name', 'ascending'],
  ['Package', 'whose', 'package', 'ascending'],
  ['Self', 'number', 'self', 'descending'],
  ['Self, share', 'number', 'self', 'descending'],
  ['Total', 'number', 'total', 'descending'],
  ['Total, share', 'number', 'total', 'descending'],
];

const flameButton = (label, onClick) => button(label, onClick, { class: 'flame-button' });

class FunctionTable {
  #limit = PAGE;
  #sort = { column: 2, order: 'descending' };
  #selected = -1;

  /** @param {(fn: number) => void} onSelect */
  constructor(profile, groups, onSelect) {
    this.profile = profile;
    this.groups = groups;
    this.onSelect = onSelect;
    this.headers = COLUMNS.map((column, at) => this.#header(column, at));
    this.body = element('tbody');
    const head = element('thead', element('tr', ...this.headers));
    const caption = uniqueId('functions');
    this.caption = element('caption', { id: caption });
    this.table = element('table.flame-table', this.caption, head, this.body);
    this.more = flameButton('', () => this.#showMore());
    const scroll = { role: 'region', 'aria-labelledby': caption, tabindex: 0 };
    this.element = element('div', element('div.flame-table-scroll', scroll, this.table), this.more);
    this.body.addEventListener('click', (event) => {
      const row = event.target.closest('tr');
      if (row) this.onSelect(Number(row.dataset.fn));
    });
  }

  #header([title, kind], at) {
    return element(
      `th.${kind}`,
      { scope: 'col' },
      button(title, () => this.#sortBy(at)),
    );
  }

  /**
   * @param {object} weights of `profile.weigh()`
   * @param {Uint8Array} [matches] 1 for the functions that are shown
   */
  show(weights, matches) {
    this.weights = weights;
    this.matches = matches;
    this.#limit = PAGE;
    this.#arrange();
  }

  /** Marks a function, -1 for none. */
  select(fn) {
    this.#selected = fn;
    for (const row of this.body.rows) this.#mark(row);
  }

  #mark(row) {
    setAttributes(row, { 'aria-selected': Number(row.dataset.fn) === this.#selected && 'true' });
  }

  #sortBy(column) {
    const first = COLUMNS[column][3];
    const other = first === 'descending' ? 'ascending' : 'descending';
    const isAgain = this.#sort.column === column && this.#sort.order === first;
    this.#sort = { column, order: isAgain ? other : first };
    this.#arrange();
  }

  #arrange() {
    const { functionSelf, functionTotal } = this.weights;
    const all = [...functionTotal.keys()].filter(
      (fn) =>
        functionTotal[fn] > 0 &&
        this.profile.functions.category[fn] !== 'root' &&
        (!this.matches || this.matches[fn] === 1),
    );
    const values = this.#values(COLUMNS[this.#sort.column][2]);
    const sign = this.#sort.order === 'ascending' ? 1 : -1;
    this.order = all.sort(
      (a, b) => sign * values(a, b) || functionSelf[b] - functionSelf[a] || a - b,
    );
    this.headers.forEach((header, at) => {
      setAttributes(header, { 'aria-sort': at === this.#sort.column && this.#sort.order });
    });
    this.#render();
  }

  #values(key) {
    const { functionSelf, functionTotal } = this.weights;
    if (key === 'self') return (a, b) => functionSelf[a] - functionSelf[b];
    if (key === 'total') return (a, b) => functionTotal[a] - functionTotal[b];
    const label = key === 'name' ? functionLabel : packageLabel;
    const labels = Array.from(this.profile.functions.name, (_, fn) => label(this.profile, fn));
    return (a, b) => collator.compare(labels[a], labels[b]);
  }

  #render() {
    const shown = this.order.slice(0, this.#limit);
    this.body.replaceChildren(...shown.map((fn) => this.#row(fn)));
    this.#tell();
  }

  #showMore() {
    const next = this.order.slice(this.#limit, this.#limit + PAGE);
    this.#limit += PAGE;
    const rows = next.map((fn) => this.#row(fn));
    this.body.append(...rows);
    this.#tell();
    rows[0]?.querySelector('button').focus();
  }

  #tell() {
    const [all, left] = [this.order.length, this.order.length - this.#limit];
    const what = this.matches ? 'functions that match' : 'functions';
    this.caption.textContent = `${left > 0 ? `${count(this.#limit)} of ${count(all)}` : count(all)} ${what}. Self: in the function itself. Total: with all that it called.`;
    this.more.hidden = left <= 0;
    this.more.textContent = `Show ${count(Math.min(PAGE, Math.max(0, left)))} more`;
  }

  #row(fn) {
    const { profile, weights, groups } = this;
    const [self, total] = [weights.functionSelf[fn], weights.functionTotal[fn]];
    const { slot } = groups.list[groups.ofFunction[fn]];
    const name = element('button', { type: 'button' }, short(functionLabel(profile, fn), 160));
    const place = element('span.flame-place', shortPlaceLabel(profile, fn));
    const swatch = element(`span.flame-swatch.flame-${slot}`, { 'aria-hidden': 'true' });
    const row = element(
      'tr',
      { 'data-fn': fn },
      element('th', { scope: 'row' }, name, ' ', place),
      element('td.whose', swatch, short(packageLabel(profile, fn), 60)),
      element('td.number', amount(profile, self)),
      this.#shareCell(self),
      element('td.number', amount(profile, total)),
      this.#shareCell(total),
    );
    this.#mark(row);
    return row;
  }

  #shareCell(weight) {
    const fill = element('span.flame-part');
    const part = this.weights.sum > 0 ? weight / this.weights.sum : 0;
    fill.style.width = `${Math.min(100, 100 * part).toFixed(2)}%`;
    const bar = element('span.flame-meter', { 'aria-hidden': 'true' }, fill);
    return element('td.number', bar, element('span.flame-share', share(weight, this.weights.sum)));
  }
}

module.exports = { FunctionTable, flameButton };
