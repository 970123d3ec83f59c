'use strict';

/**
 * Elements. Texts are texts: nothing here or elsewhere on the page makes HTML of a string.
 *
 * @module
 */

/** Sets attributes; those that are false or undefined are taken away. */
function setAttributes(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === undefined) element.removeAttribute(key);
    else element.setAttribute(key, value === true ? '' : value);
  }
}

/**
 * @param {string} name `div`, or `div.class`
 * @param {...(Record<string, unknown>|Node|string|false|undefined)} rest attributes, if any, then children;
 *   what is false, empty or undefined is left out
 */
function element(name, ...rest) {
  const [tag, ...classes] = name.split('.');
  const [first] = rest;
  const made = document.createElement(tag);
  made.classList.add(...classes);
  if (first instanceof Object && !(first instanceof Node)) setAttributes(made, rest.shift());
  made.append(...rest.filter(Boolean));
  return made;
}

/**
 * @param {Node|string|(Node|string)[]} label
 * @param {(event: Event) => void} onClick
 */
function button(label, onClick, attributes = {}) {
  const made = element('button', { type: 'button', ...attributes }, ...[label].flat());
  made.addEventListener('click', onClick);
  return made;
}

let made = 0;

/** For `id`, `for` and `aria-labelledby`: several graphs may be on a page. */
const uniqueId = (name) => `rsprof-${name}-${++made}`;

module.exports = { button, element, setAttributes, uniqueId };
