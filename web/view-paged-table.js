'use strict';

/**
 * A table of any length, a page at a time; who has the rows searches and sorts them.
 *
 * @module
 */

const { count } = require('../lib/units.js');
const { button, element, setAttributes } = require('./dom.js');
const { headerCell, plainButton, scroll, searchField, tableRow } = require('./view-dom.js');

const PAGE = 100;

/** Milliseconds without a key, after which somebody has finished typing. */
const TYPED = 200;

class PagedTable {
  #rows = 0;
  /** The newest question: answers to older ones come too late. */
  #question = 0;
  #order;
  #search = '';
  #timer;

  /**
   * @param {object} what
   * @param {string} what.label
   * @param {object[]} what.columns `order`: what is asked for to sort by it
   * @param {string} [what.order] of the first question
   * @param {boolean} [what.searches]
   * @param {(query: { search: string, order: string, offset: number, limit: number }) =>
   *   Promise<{ total: number, rows: object[] }>} what.load
   * @param {Function} what.texts
   */
  constructor({ label, columns, order, searches, load, texts }) {
    Object.assign(this, { columns, load, texts });
    this.#order = order;
    this.body = element('tbody');
    this.headers = columns.map((column) => this.#header(column));
    const head = element('thead', element('tr', ...this.headers));
    this.status = element('p.soft', { role: 'status' });
    this.more = plainButton('', () => this.#continue());
    this.more.hidden = true;
    const table = element('table', head, this.body);
    this.element = element(
      'div',
      searches && this.#field(),
      scroll(table, label),
      element('div.foot', this.status, this.more),
    );
  }

  #header(column) {
    const { title, order } = column;
    const control = order && button(title, () => this.#sort(order));
    return headerCell(column, order && order === this.#order, control);
  }

  #field() {
    const { tools, input } = searchField(this.texts('v.search'));
    input.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#find(input.value.trim()), TYPED);
    });
    input.addEventListener('keydown', ({ key }) => {
      if (key !== 'Escape') return;
      input.value = '';
      this.#find('');
    });
    return tools;
  }

  #find(text) {
    if (text === this.#search) return;
    this.#search = text;
    this.show().catch(() => {});
  }

  #sort(order) {
    this.#order = order;
    this.columns.forEach((column, at) => {
      const header = this.headers[at];
      // A name from A to Z, numbers from the largest down.
      const direction = column.kind === 'row' ? 'ascending' : 'descending';
      setAttributes(header, { 'aria-sort': column.order === order && direction });
    });
    this.show().catch(() => {});
  }

  async #ask(offset) {
    const question = ++this.#question;
    try {
      const query = { search: this.#search, order: this.#order, offset, limit: PAGE };
      const answer = await this.load(query);
      return question === this.#question ? answer : undefined;
    } catch (error) {
      if (question === this.#question) this.status.textContent = error.message;
      throw error;
    }
  }

  #append({ total, rows }) {
    this.body.append(...rows.map((row) => tableRow(this.columns, row)));
    this.#rows += rows.length;
    const left = total - this.#rows;
    const of = { some: count(this.#rows), all: count(total) };
    this.status.textContent = total === 0 ? this.texts('v.none') : this.texts('v.of', of);
    this.more.hidden = left <= 0;
    this.more.textContent = this.texts('v.more', { n: count(Math.min(PAGE, left)) });
  }

  /** The first page; throws where there is none. */
  async show() {
    const answer = await this.#ask(0);
    if (!answer) return;
    this.#rows = 0;
    this.body.replaceChildren();
    this.#append(answer);
  }

  async #continue() {
    const first = this.#rows;
    const answer = await this.#ask(first).catch(() => undefined);
    if (!answer) return;
    this.#append(answer);
    // The button may be gone now: who pressed it goes on reading where it was.
    this.body.rows[first]?.querySelector('button')?.focus();
  }
}

module.exports = { PagedTable };
