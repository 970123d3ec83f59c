'use strict';

/**
 * Elements. Texts are texts: nothing here or elsewhere on the page makes HTML of a string.
 *
 * @module
 */

/**
 * @param {string} name `div`, or `div.class`
 * @param {Record<string, unknown>} [attributes] nothing for what is false or undefined
 * @param {...(Node|string)} children
 */
function element(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const made = document.createElement(tag);
  made.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value !== undefined) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children);
  return made;
}

let made = 0;

/** For `id`, `for` and `aria-labelledby`: several graphs may be on a page. */
const uniqueId = (name) => `flame-${name}-${++made}`;

module.exports = { element, uniqueId };
