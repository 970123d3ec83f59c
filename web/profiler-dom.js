'use strict';

/**
 * What the page is made of.
 *
 * @module
 */

const { button, element, uniqueId } = require('./dom.js');

/** A part of the page, with its title and what is beside it. */
function section(title, aside, ...children) {
  const id = uniqueId('title');
  const head = element('div.row', element('h2', { id }, title), ...aside);
  return element('section', { 'aria-labelledby': id }, head, ...children);
}

/** One of a few, as radio buttons in a row. */
function choice(label, options, chosen, onChange) {
  const name = uniqueId('choice');
  return element(
    'fieldset.choice',
    { 'aria-label': label },
    ...options.map(([value, text]) => {
      const input = element('input', { type: 'radio', name, checked: value === chosen });
      input.addEventListener('change', () => onChange(value));
      return element('label', input, element('span', text));
    }),
  );
}

/** Asks before something that cannot be undone; the safe answer comes first and has the focus. */
function confirmed(question, yes, no) {
  return new Promise((resolve) => {
    const dialog = element('dialog', { 'aria-label': question }, element('p', question));
    const safe = button(no, () => dialog.close());
    const act = button(yes, () => dialog.close('yes'), { class: 'danger' });
    dialog.append(element('div.buttons', safe, act));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Brings a list up to date; items of the same key stay the same elements, and so keep the focus. */
function keyed(list, items, keyOf, makeItem) {
  const before = new Map([...list.children].map((child) => [child.key, child]));
  const after = items.map((item) => {
    const key = keyOf(item);
    return Object.assign(before.get(key) ?? makeItem(item), { key });
  });
  for (const child of before.values()) if (!after.includes(child)) child.remove();
  after.forEach((child, at) => {
    if (list.children[at] !== child) list.insertBefore(child, list.children[at] ?? null);
  });
}

module.exports = { choice, confirmed, keyed, section };
