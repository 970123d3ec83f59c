'use strict';

/**
 * What one rectangle or function is, in words: beside the pointer, and below the graph.
 *
 * @module
 */

const {
  amount,
  functionLabel,
  packageLabel,
  placeLabel,
  plural,
  share,
  short,
  time,
} = require('./flame-labels.js');
const { element } = require('./dom.js');

/** Pixels between the pointer and its text. */
const AWAY = 14;

class Details {
  constructor(profile) {
    this.profile = profile;
  }

  /** @param {object} weights of `profile.weigh()` */
  weigh(weights) {
    this.weights = weights;
  }

  #amount(weight) {
    return `${amount(this.profile, weight)}, ${share(weight, this.weights.sum)}`;
  }

  /** What a rectangle tells, as `[title, figure]`. */
  figures(view, entry) {
    const { fn, weight, self, from, more } = entry;
    if (more > 0) return [['Together', this.#amount(weight)]];
    const everywhere = this.everywhere(fn);
    if (view.isTime) return [['Here', `${time(weight)}, from ${time(from)}`], ...everywhere];
    if (this.profile.functions.category[fn] === 'root') return [['Total', this.#amount(weight)]];
    const own = view.isSandwich || self === undefined ? [] : [['Self, here', this.#amount(self)]];
    const elsewhere = everywhere.map(([title, figure]) => [`${title}, everywhere`, figure]);
    return [...own, ['Total, here', this.#amount(weight)], ...elsewhere];
  }

  /** What a function comes to on all stacks. */
  everywhere(fn) {
    const { functionSelf, functionTotal } = this.weights;
    return [
      ['Self', this.#amount(functionSelf[fn])],
      ['Total', this.#amount(functionTotal[fn])],
    ];
  }

  name({ fn, more }) {
    if (more > 0) return `${plural(more + 1, 'function')}, each too narrow to be drawn`;
    return functionLabel(this.profile, fn);
  }

  /** Where a function is and whose. */
  origin({ fn, more }) {
    if (more > 0 || this.profile.functions.category[fn] === 'root') return '';
    const whose = packageLabel(this.profile, fn);
    const place = short(placeLabel(this.profile, fn), 300);
    return place ? `${place} · ${whose}` : whose;
  }

  /** In one sentence, for who listens. */
  sentence(view, entry) {
    const figures = this.figures(view, entry).map(([title, figure]) => `${title}: ${figure}`);
    return [this.name(entry), this.origin(entry), ...figures].filter(Boolean).join('. ');
  }

  /** Elements that show it. */
  elements(entry, figures) {
    const list = figures.map(([title, figure]) =>
      element('div', element('dt', title), element('dd', figure)),
    );
    return [
      element('p.flame-name', this.name(entry)),
      element('p.flame-origin', this.origin(entry)),
      element('dl', ...list),
    ];
  }
}

/** The text beside the pointer. It says nothing that the keyboard does not get as well. */
class Tooltip {
  constructor() {
    this.element = element('div.flame-tooltip', { 'aria-hidden': 'true', hidden: true });
  }

  /** @param {{ x: number, y: number, width: number, height: number }} where of what it must not leave */
  show(children, { x, y, width, height }) {
    this.element.hidden = false;
    this.element.replaceChildren(...children);
    const { offsetWidth, offsetHeight } = this.element;
    const left = x + AWAY + offsetWidth > width ? Math.max(0, x - AWAY - offsetWidth) : x + AWAY;
    const isBelow = y + AWAY + offsetHeight <= height || y < offsetHeight + AWAY;
    const top = isBelow ? y + AWAY : y - AWAY - offsetHeight;
    this.element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  hide() {
    this.element.hidden = true;
  }
}

module.exports = { Details, Tooltip };
