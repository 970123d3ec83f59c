'use strict';

/**
 * HTML as a tagged template: whatever is put in is escaped, unless it is markup itself.
 *
 * @module
 */

const { html: escaped } = require('./escape.js');

class Markup {
  #text;

  constructor(text) {
    this.#text = text;
  }

  toString() {
    return this.#text;
  }
}

function render(value) {
  if (value instanceof Markup) return String(value);
  if (Array.isArray(value)) return value.map(render).join('');
  return value === undefined || value === null || value === false ? '' : escaped(value);
}

/**
 * @param {TemplateStringsArray} texts
 * @param {...unknown} values Markup, arrays of it, or anything else as escaped text; nothing for
 *   undefined, null and false
 * @returns {Markup}
 */
function html(texts, ...values) {
  return new Markup(texts.reduce((sum, text, at) => sum + render(values[at - 1]) + text));
}

module.exports = { html };
