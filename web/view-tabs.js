'use strict';

/**
 * Tabs, as WAI-ARIA describes them: arrows move between them, and a panel is made when it is shown first.
 *
 * @module
 */

const { button, element, setAttributes, uniqueId } = require('./dom.js');

const MOVES = {
  ArrowRight: (at, last) => (at === last ? 0 : at + 1),
  ArrowLeft: (at, last) => (at === 0 ? last : at - 1),
  Home: () => 0,
  End: (_, last) => last,
};

class Tabs {
  current;

  /** @param {{ name: string, title: string, isHidden?: boolean, make?: (panel: HTMLElement) => void }[]} tabs */
  constructor(tabs, label) {
    this.tabs = new Map(tabs.map((tab) => [tab.name, this.#tab(tab)]));
    const all = [...this.tabs.values()];
    this.list = element(
      'div.tabs',
      { role: 'tablist', 'aria-label': label },
      ...all.map(({ control }) => control),
    );
    this.list.addEventListener('keydown', (event) => this.#move(event));
    this.element = element('div.report', this.list, ...all.map(({ panel }) => panel));
  }

  #tab({ name, title, isHidden, make }) {
    const [id, panelId] = [uniqueId('tab'), uniqueId('panel')];
    const control = button(title, () => this.show(name), {
      role: 'tab',
      id,
      'aria-controls': panelId,
      hidden: isHidden,
    });
    const panel = element('div', { role: 'tabpanel', id: panelId, 'aria-labelledby': id });
    return { control, panel, make };
  }

  panel(name) {
    return this.tabs.get(name).panel;
  }

  show(name) {
    this.current = name;
    for (const [other, { control, panel }] of this.tabs) {
      const isCurrent = other === name;
      setAttributes(control, {
        'aria-selected': String(isCurrent),
        tabindex: isCurrent ? 0 : -1,
      });
      panel.hidden = !isCurrent;
    }
    const tab = this.tabs.get(name);
    tab.control.hidden = false;
    const { make } = tab;
    tab.make = undefined;
    make?.(tab.panel);
  }

  #move(event) {
    const shown = [...this.list.children].filter(({ hidden }) => !hidden);
    const at = shown.indexOf(event.target);
    const to = MOVES[event.key]?.(at, shown.length - 1);
    if (to === undefined || at < 0) return;
    event.preventDefault();
    shown[to].focus();
    shown[to].click();
  }
}

module.exports = { Tabs };
