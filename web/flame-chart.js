'use strict';

/**
 * The drawing with its edges: what is zoomed, scrolled, pointed at and selected.
 *
 * @module
 */

const { element } = require('./dom.js');
const { ROW, SCALE } = require('./flame-painter.js');
const { Rows } = require('./flame-rows.js');
const { Keyboard } = require('./flame-keyboard.js');
const { Pointer } = require('./flame-pointer.js');

/** Milliseconds of a zoom. */
const ZOOM_TIME = 160;

/** The least rows that have room. */
const LEAST_ROWS = 10;

/** Of the window's height, for a deep graph. */
const MOST_OF_WINDOW = 0.66;

/** The narrowest zoom, in weight. */
const LEAST_RANGE = 1;

class Chart {
  rows = new Rows();
  from = 0;
  to = 1;
  /** The rectangle one zoomed into, as `{ row, id }`. */
  focus;
  matches;
  hovered;
  /** Where the selection is: a row, an id, and a weight within the rectangle. */
  #selection;
  #height = 0;
  #width = 0;
  #frame = 0;
  #animation;

  /**
   * @param {object} on what is told: `hover(rectangle, x, y)`, `activate(rectangle)`, `select(rectangle)`,
   *   `range()`, `leave()`, `escape()`
   * @param {{ signal: AbortSignal, help: string }} how `help`: id of the text that explains the keys
   */
  constructor(on, { signal, help }) {
    this.on = on;
    this.canvas = element('canvas.flame-canvas', {
      tabindex: 0,
      role: 'application',
      'aria-roledescription': 'flame graph',
      'aria-describedby': help,
    });
    this.space = element('div.flame-space', this.canvas);
    this.element = element('div.flame-scroll', this.space);
    this.element.addEventListener('scroll', () => this.draw(), { signal });
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.element);
    signal.addEventListener('abort', () => this.#end());
    window.addEventListener('resize', () => this.resize(), { signal });
    this.keyboard = new Keyboard(this, signal);
    this.pointer = new Pointer(this, signal);
  }

  #end() {
    this.observer.disconnect();
    cancelAnimationFrame(this.#frame);
    cancelAnimationFrame(this.#animation);
  }

  /** Shows another view, all of it. */
  show(view, painter) {
    cancelAnimationFrame(this.#animation);
    Object.assign(this, { view, painter, focus: undefined, hovered: undefined });
    this.#selection = undefined;
    this.#height = 0;
    [this.from, this.to] = [0, view.extent];
    this.layout();
    this.element.scrollTop = this.#home();
    this.on.range();
  }

  /** In the middle of callers and callees is the function itself. */
  #home() {
    const {
      view,
      element: { clientHeight },
    } = this;
    return view.isSandwich ? Math.max(0, view.middle * ROW - clientHeight / 2) : 0;
  }

  get top() {
    return this.view.isTime ? SCALE : 0;
  }

  /** Lays out what is within the edges, and draws it. */
  layout() {
    if (!this.view) return;
    this.#width = this.element.clientWidth;
    this.rows = this.view.layout(this.from, this.to, this.#width);
    this.#fitHeight();
    this.hovered = undefined;
    this.draw();
  }

  /** The element only grows within a view, so that the page below stays where it is. */
  #fitHeight() {
    const content = this.top + this.rows.count * ROW;
    const most = Math.max(LEAST_ROWS * ROW, Math.round(window.innerHeight * MOST_OF_WINDOW));
    const height = Math.min(most, Math.max(LEAST_ROWS * ROW, content, this.#height));
    this.#height = height;
    this.element.style.height = `${height}px`;
    this.canvas.style.height = `${height}px`;
    this.space.style.height = `${Math.max(content, height)}px`;
  }

  resize() {
    if (this.view && this.element.clientWidth > 0) this.layout();
  }

  /** Draws with the next frame. */
  draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.drawNow());
  }

  drawNow() {
    if (!this.view || this.#width === 0) return;
    const { rows, view, from, to, matches, hovered, palette } = this;
    const [width, height, scroll] = [this.#width, this.#height, this.element.scrollTop];
    const selected = this.selected();
    const scene = {
      rows,
      view,
      from,
      to,
      matches,
      hovered,
      selected,
      palette,
      width,
      height,
      scroll,
    };
    this.painter.paint(scene);
  }

  /** The rectangle at a place of the element, or undefined. */
  at(x, y) {
    if (y < this.top) return undefined;
    return this.rows.at(Math.floor((y + this.element.scrollTop - this.top) / ROW), x);
  }

  weightAt(x) {
    return this.from + (x / this.#width) * (this.to - this.from);
  }

  hover(rectangle, x, y) {
    const isSame = rectangle?.row === this.hovered?.row && rectangle?.place === this.hovered?.place;
    this.hovered = rectangle;
    if (!isSame) this.draw();
    this.on.hover(rectangle, x, y);
  }

  /** The rectangle that is selected, where it can be seen. */
  selected() {
    if (!this.#selection) return this.#middle();
    const { row, id, weight } = this.#selection;
    const x = ((weight - this.from) / (this.to - this.from)) * this.#width;
    const found = this.rows.at(row, Math.min(Math.max(x, 0), this.#width));
    return found?.id === id ? found : undefined;
  }

  /** Among callers and callees the function itself is marked. */
  #middle() {
    return this.view.isSandwich ? this.rows.get(this.view.middle, 0) : undefined;
  }

  select(rectangle) {
    if (rectangle) {
      const left = Math.max(0, rectangle.left);
      const middle = (left + Math.min(this.#width, rectangle.right)) / 2;
      this.#selection = { row: rectangle.row, id: rectangle.id, weight: this.weightAt(middle) };
      this.reveal(rectangle.row);
    } else this.#selection = undefined;
    this.draw();
    this.on.select(rectangle);
  }

  /** Scrolls as little as is needed to see a row. */
  reveal(row) {
    const { element: scroller } = this;
    const y = row * ROW;
    const room = this.#height - this.top - ROW;
    if (y < scroller.scrollTop) scroller.scrollTop = y;
    else if (y > scroller.scrollTop + room) scroller.scrollTop = y - room;
  }

  /** A zoomed frame in the lower half goes up, to make room for what it calls. */
  #makeRoom(row) {
    const y = row * ROW - this.element.scrollTop;
    if (y > this.#height / 2 || y < 0) this.element.scrollTop = Math.max(0, (row - 3) * ROW);
  }

  reset() {
    this.zoom(0, this.view.extent);
  }

  /** Moves the edges; `focus` is the rectangle that fills them. */
  zoom(from, to, focus) {
    const [start, end] = this.#within(from, to);
    if (!(end > start)) return;
    this.focus = focus;
    const then = () => {
      if (focus) this.#makeRoom(focus.row);
      this.on.range();
    };
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) this.#set(start, end, then);
    else this.#animate(start, end, then);
  }

  #within(from, to) {
    const { extent } = this.view;
    const range = Math.min(extent, Math.max(Math.min(LEAST_RANGE, extent), to - from));
    const start = Math.min(Math.max(0, from), extent - range);
    return [start, start + range];
  }

  /** The edges at once, as while dragging. */
  moveTo(from, to) {
    cancelAnimationFrame(this.#animation);
    const [start, end] = this.#within(from, to);
    this.focus = undefined;
    this.#set(start, end, () => this.on.range());
  }

  #set(from, to, then) {
    this.from = from;
    this.to = to;
    this.layout();
    then();
  }

  #animate(from, to, then) {
    cancelAnimationFrame(this.#animation);
    const [oldFrom, oldTo, begin] = [this.from, this.to, performance.now()];
    const step = (now) => {
      const part = Math.min(1, Math.max(0, (now - begin) / ZOOM_TIME));
      const eased = 1 - (1 - part) ** 3;
      if (part === 1) return this.#set(from, to, then);
      this.#set(oldFrom + (from - oldFrom) * eased, oldTo + (to - oldTo) * eased, () => {});
      this.#animation = requestAnimationFrame(step);
    };
    this.#animation = requestAnimationFrame(step);
  }

  /** By a factor, about a place; smaller is closer. */
  zoomBy(factor, x = this.#width / 2) {
    const weight = this.weightAt(x);
    this.moveTo(weight - (weight - this.from) * factor, weight + (this.to - weight) * factor);
  }

  /** By pixels. */
  pan(x) {
    const weight = (x / this.#width) * (this.to - this.from);
    if (weight !== 0 && this.to - this.from < this.view.extent)
      this.moveTo(this.from + weight, this.to + weight);
  }
}

module.exports = { Chart };
