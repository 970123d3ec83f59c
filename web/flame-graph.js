'use strict';

/**
 * The flame graph with all that belongs to it, independent of the page around it.
 *
 * @module
 */

const { Chart } = require('./flame-chart.js');
const { Details, Tooltip } = require('./flame-details.js');
const { element, setAttributes, uniqueId } = require('./dom.js');
const { amount, functionLabel, plural, share, short } = require('./flame-labels.js');
const { Legend } = require('./flame-legend.js');
const { Painter } = require('./flame-painter.js');
const { Groups, Palette } = require('./flame-palette.js');
const { Profile } = require('./flame-profile.js');
const { matchingFunctions } = require('./flame-search.js');
const { FunctionTable, flameButton } = require('./flame-table.js');
const { Crumbs, Search, ViewSwitch, hintOf } = require('./flame-toolbar.js');
const { makeView } = require('./flame-views.js');

const HELP =
  'Click a frame to zoom, drag to move, Ctrl and wheel to zoom freely. Keys: arrows select, Enter zooms, Backspace goes back, 0 shows all, plus and minus zoom, / searches.';

class FlameGraph {
  #view = 'leftHeavy';
  #showIdle = false;
  /** Why functions stand out. */
  #source;
  #selected = -1;
  #ending = new AbortController();

  constructor(root, data) {
    this.root = root;
    this.profile = new Profile(data);
    this.groups = new Groups(this.profile, this.profile.weigh(true));
    this.details = new Details(this.profile);
    this.hasIdle = this.profile.weigh(true).sum > this.profile.weigh(false).sum;
    this.#build();
    this.#weigh();
    this.#watch();
  }

  /** Takes everything away again. */
  destroy() {
    this.#ending.abort();
    this.root.replaceChildren();
  }

  #build() {
    const { profile, groups } = this;
    const help = uniqueId('help');
    const names = ['leftHeavy', ...(profile.samples ? ['timeOrder'] : []), 'bottomUp', 'sandwich'];
    this.views = new ViewSwitch(names, (view) => this.#choose(view));
    this.views.check(this.#view);
    this.search = new Search((wanted, isPattern) => this.#search(wanted, isPattern));
    this.crumbs = new Crumbs(profile, (crumb) => this.#goTo(crumb));
    this.legend = new Legend(profile, groups, (group) => this.#press(group));
    this.table = new FunctionTable(profile, groups, (fn) => this.#pick(fn));
    this.chart = new Chart(this.#listeners(), { signal: this.#ending.signal, help });
    this.tooltip = new Tooltip();
    this.spoken = element('p.unseen', { 'aria-live': 'polite' });
    this.picked = element('div.flame-picked', { hidden: true });
    this.hint = element('p.flame-hint');
    this.empty = element('p.flame-empty', { hidden: true });
    const stage = element('div.flame-stage', this.chart.element, this.tooltip.element);
    const title = uniqueId('title');
    this.root.classList.add('flame');
    this.root.replaceChildren(
      element('section.flame-card', { 'aria-label': 'Whose code it is' }, this.legend.element),
      element(
        'section.flame-card',
        { 'aria-label': 'Flame graph' },
        this.#tools(),
        element('div.flame-where', this.crumbs.element, this.hint),
        this.empty,
        stage,
        this.picked,
        this.spoken,
        element('p.flame-help', { id: help }, HELP),
      ),
      element(
        'section.flame-card',
        { 'aria-labelledby': title },
        element('h2', { id: title }, 'Functions'),
        this.table.element,
      ),
    );
    this.#theme();
  }

  #tools() {
    this.idle = element('input', { type: 'checkbox' });
    this.idle.addEventListener('change', () => {
      this.#showIdle = this.idle.checked;
      this.#weigh();
    });
    const idle = element('label.flame-idle-switch', this.idle, 'Idle time');
    idle.hidden = !this.hasIdle;
    this.reset = flameButton('Show all', () => this.chart.reset());
    return element(
      'div.flame-tools',
      this.views.element,
      this.search.element,
      this.search.output,
      idle,
      this.reset,
    );
  }

  #listeners() {
    return {
      hover: (rectangle, x, y) => this.#hover(rectangle, x, y),
      activate: (rectangle) => this.#activate(rectangle),
      select: (rectangle) => this.#speak(rectangle),
      range: () => this.#showRange(),
      outwards: () => this.#outwards(),
      escape: () => this.#escape(),
    };
  }

  #watch() {
    const { signal } = this.#ending;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', () => this.#theme(), { signal });
    const find = (event) => {
      const isTyping = /^(input|textarea|select)$/i.test(event.target.tagName);
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.search.input.focus();
    };
    document.addEventListener('keydown', find, { signal });
  }

  #theme() {
    this.chart.palette = new Palette(this.root);
    this.chart.draw();
  }

  /** With or without idle time: all figures change. */
  #weigh() {
    this.weights = this.profile.weigh(this.#showIdle);
    this.details.weigh(this.weights);
    this.legend.show(this.weights);
    const { profile, groups } = this;
    this.painter = new Painter(this.chart.canvas, { profile, groups, sum: this.weights.sum });
    this.#tabulate();
    this.#showView();
  }

  #tabulate() {
    this.table.show(this.weights, this.#source === 'search' ? this.chart.matches : undefined);
  }

  #choose(view) {
    this.#view = view;
    this.#select(this.#selected);
    this.#showView();
  }

  #showView() {
    if (this.#view === 'sandwich' && this.#selected < 0) this.#select(this.#hottest());
    // There the function stands in the middle, and need not stand out.
    if (this.#view === 'sandwich' && this.#source === 'table') this.#highlight();
    const { profile, weights } = this;
    const how = { profile, weights, showIdle: this.#showIdle, fn: this.#selected };
    const view = makeView(this.#view, how);
    this.tooltip.hide();
    this.hint.textContent = hintOf(this.#view, profile);
    this.chart.show(view, this.painter);
    this.#tellEmpty(view);
  }

  #tellEmpty({ extent }) {
    const isEmpty = !(extent > 0);
    this.empty.hidden = !isEmpty;
    this.chart.element.hidden = isEmpty;
    this.empty.textContent =
      this.hasIdle && !this.#showIdle
        ? 'Nothing was done in this time. Turn on idle time to see it.'
        : 'There is nothing in this profile.';
  }

  #hottest() {
    const { functionSelf, functionTotal } = this.weights;
    const isFunction = (fn) => this.profile.functions.category[fn] !== 'root';
    const list = [...functionSelf.keys()].filter((fn) => isFunction(fn) && functionTotal[fn] > 0);
    return list.reduce(
      (best, fn) => (functionSelf[fn] > functionSelf[best] ? fn : best),
      list[0] ?? 0,
    );
  }

  #hover(rectangle, x, y) {
    if (!rectangle) return this.tooltip.hide();
    const { view } = this.chart;
    const entry = view.entry(rectangle);
    const children = this.details.elements(entry, this.details.figures(view, entry));
    const { clientWidth: width, clientHeight: height } = this.chart.element;
    this.tooltip.show(children, { x, y, width, height });
  }

  #activate(rectangle) {
    const { chart } = this;
    const entry = chart.view.entry(rectangle);
    const isFunction = entry.more === 0 && this.profile.functions.category[entry.fn] !== 'root';
    if (chart.view.isSandwich) {
      if (isFunction) this.#center(entry.fn);
      return;
    }
    chart.select(entry.more === 0 ? rectangle : undefined);
    this.#select(isFunction ? entry.fn : -1);
    chart.zoom(entry.from, entry.to, entry.more === 0 ? rectangle : undefined);
  }

  #speak(rectangle) {
    if (!rectangle) return;
    const { view } = this.chart;
    this.spoken.textContent = this.details.sentence(view, view.entry(rectangle));
  }

  /** A function is looked at from above and below. */
  #center(fn) {
    this.#view = 'sandwich';
    this.views.check('sandwich');
    this.#select(fn);
    this.#showView();
  }

  /** A row of the table: its function stands out, until it is pressed again. */
  #pick(fn) {
    if (this.#source === 'table' && this.#selected === fn) return this.#escape();
    this.#select(fn);
    if (this.#view === 'sandwich') return this.#showView();
    this.#highlight(
      Uint8Array.from({ length: this.profile.functionCount }, (_, at) => (at === fn ? 1 : 0)),
      'table',
    );
  }

  #select(fn) {
    this.#selected = fn;
    this.table.select(fn);
    this.picked.hidden = fn < 0;
    if (fn < 0) return;
    const entry = { fn, more: 0 };
    const elements = this.details.elements(entry, this.details.everywhere(fn));
    const center = flameButton('Callers and callees', () => this.#center(fn));
    center.hidden = this.#view === 'sandwich';
    this.picked.replaceChildren(...elements, center);
  }

  #press(group) {
    if (group < 0) this.#highlight();
    else this.#highlight(this.groups.functionsOf(group), 'legend');
  }

  #search(wanted, isPattern) {
    if (wanted === '') return this.#highlight();
    let matches;
    try {
      matches = matchingFunctions(this.profile, wanted, isPattern);
    } catch {
      return this.search.tell('This is no regular expression', true);
    }
    this.#highlight(matches, 'search');
    this.search.tell(this.#found(matches));
  }

  /** Functions stand out because of the search, the legend or the table; none without an argument. */
  #highlight(matches, source) {
    const isSearch = source === 'search' || this.#source === 'search';
    if (source !== 'search') this.search.empty();
    if (source !== 'legend') this.legend.release();
    this.#source = source;
    this.chart.matches = matches;
    this.chart.draw();
    if (isSearch) this.#tabulate();
  }

  #found(matches) {
    const { functionTotal, sum } = this.weights;
    const count = functionTotal.reduce((all, total, fn) => all + (total > 0 ? matches[fn] : 0), 0);
    const weight = this.profile.weightOf(matches, this.weights);
    const whole = this.hasIdle && !this.#showIdle ? ' of busy time' : '';
    return `${plural(count, 'function')}: ${share(weight, sum)}${whole}, ${amount(this.profile, weight)}`;
  }

  #showRange() {
    const { chart } = this;
    const crumbs = chart.view.crumbs(chart.from, chart.to, chart.focus);
    if (chart.view.isSandwich) {
      const label = `Callers and callees of ${short(functionLabel(this.profile, this.#selected), 80)}`;
      crumbs.push({ fn: this.#selected, label });
    }
    this.trail = crumbs;
    this.crumbs.show(crumbs);
    const isAll = chart.from <= 0 && chart.to >= chart.view.extent;
    this.reset.disabled = isAll;
    const what = `Flame graph, ${isAll ? 'all of it' : `zoomed into ${crumbs.length} levels`}`;
    setAttributes(chart.canvas, { 'aria-label': what });
  }

  #goTo(crumb) {
    if (this.chart.view.isSandwich) {
      this.views.check('leftHeavy');
      return this.#choose('leftHeavy');
    }
    const { view } = this.chart;
    const focus = crumb.id === undefined ? undefined : { id: crumb.id, row: view.rowOf(crumb.id) };
    this.chart.zoom(crumb.from, crumb.to, focus);
  }

  #outwards() {
    if (this.trail.length > 1) this.#goTo(this.trail.at(-2));
  }

  /** What stands out no longer does; where nothing does, all is shown. */
  #escape() {
    if (!this.#source) return this.chart.reset();
    this.#select(-1);
    this.#highlight();
  }
}

/**
 * Draws a profile.
 *
 * @param {HTMLElement} root what is in it is replaced
 * @param {object} data a profile as `flame` exports it
 * @returns {{ destroy(): void }} throws an Error where the data is something else
 */
function mountFlameGraph(root, data) {
  return new FlameGraph(root, data);
}

module.exports = { mountFlameGraph };
