'use strict';

/**
 * Draws rows of rectangles on a canvas.
 *
 * @module
 */

const { shadeOf } = require('./flame-palette.js');
const { Strips } = require('./flame-strips.js');
const { amount, functionLabel, moment } = require('./flame-labels.js');

/** Height of a row, in pixels. */
const ROW = 20;

/** Height of the time scale. */
const SCALE = 24;

const PADDING = 5;

/** Rectangles that are wider have a line between them and the next; the others are only a colour. */
const APART = 3;

class Painter {
  #labels = new Map();
  strips = new Strips();
  /** By function, then dimmed ones; 0 where it was not asked for yet. */
  #pixels;

  constructor(canvas, { profile, groups, sum }) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d', { alpha: false });
    this.profile = profile;
    this.groups = groups;
    this.sum = sum;
  }

  #resize(width, height) {
    const ratio = window.devicePixelRatio || 1;
    this.ratio = ratio;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  /**
   * @param {object} scene
   * @param {Rows} scene.rows
   * @param {object} scene.view
   * @param {Palette} scene.palette
   * @param {number} scene.width of all, in pixels, as `height` and `scroll`
   * @param {number} scene.from weight at the left edge, as `to` at the right one
   * @param {Uint8Array} [scene.matches] 1 for functions that stand out
   * @param {object} [scene.hovered] a rectangle, as `selected`
   */
  paint(scene) {
    const { context } = this;
    const { rows, palette, width, height, scroll, view } = scene;
    this.#resize(width, height);
    if (this.palette !== palette) this.#pixels = new Uint32Array(2 * this.profile.functionCount);
    this.palette = palette;
    context.fillStyle = palette.paper;
    context.fillRect(0, 0, width, height);
    context.font = palette.font;
    context.textBaseline = 'middle';
    this.letter = context.measureText('M').width;
    const top = view.isTime ? SCALE : 0;
    const first = Math.max(0, Math.floor((scroll - top) / ROW));
    const last = Math.min(rows.count - 1, Math.ceil((scroll + height - top) / ROW));
    const yOf = (row) => top + row * ROW - scroll;
    this.strips.begin(this.canvas.width, last - first + 1);
    for (let row = first; row <= last; row++) this.#row(scene, row, row - first, yOf(row));
    this.strips.draw(context, width, last - first + 1, (row) => ({
      y: yOf(first + row),
      height: ROW - 1,
    }));
    for (const [one, weight] of [
      [scene.hovered, 1],
      [scene.selected, 2],
    ]) {
      if (one) this.#outline(scene, one, top + one.row * ROW - scroll, weight);
    }
    if (view.isTime) this.#scale(scene);
  }

  #row(scene, row, strip, y) {
    const { rows, view, width } = scene;
    const { left, right, id, more } = rows.list[row];
    for (let at = 0; at < id.length; at++) {
      const [x, end] = [Math.max(left[at], -1), Math.min(right[at], width + 1)];
      if (end <= 0 || x >= width) continue;
      const fn = view.functionOf(row, id[at]);
      if (end - x <= APART) this.#narrow(scene, fn, { x, end, strip });
      else this.#wide(scene, fn, { x, end, y, more: more[at] });
    }
  }

  #slot(fn) {
    return this.groups.list[this.groups.ofFunction[fn]].slot;
  }

  #narrow({ palette, matches }, fn, { x, end, strip }) {
    const isDimmed = matches !== undefined && matches[fn] === 0;
    const at = isDimmed ? fn + this.profile.functionCount : fn;
    this.#pixels[at] ||= palette.pixel(this.#slot(fn), this.#shade(fn), isDimmed);
    this.strips.add(strip, x * this.ratio, end * this.ratio, this.#pixels[at], isDimmed);
  }

  #wide({ palette, matches, view }, fn, { x, end, y, more }) {
    const { context } = this;
    const isDimmed = matches !== undefined && matches[fn] === 0;
    context.fillStyle = palette.fill(context, this.#slot(fn), this.#shade(fn), isDimmed);
    context.fillRect(x, y, end - x - 1, ROW - 1);
    if (matches !== undefined && !isDimmed) {
      context.fillStyle = palette.accent;
      context.fillRect(x, y + ROW - 3, end - x - 1, 2);
    }
    const from = Math.max(x, 0) + PADDING;
    const room = Math.floor((end - 2 - from) / this.letter);
    if (room < 2) return;
    context.fillStyle = isDimmed ? palette.soft : palette.ink;
    this.#text(more > 0 ? `${more + 1} more` : this.#label(fn, view), from, y + ROW / 2, room);
  }

  #text(text, x, y, room) {
    const shown = text.length > room ? `${text.slice(0, room - 1)}…` : text;
    // The last argument squeezes letters that are wider than those it was counted with.
    this.context.fillText(shown, x, y, room * this.letter);
  }

  #label(fn, view) {
    const { profile } = this;
    if (profile.functions.category[fn] === 'root' && !view.isTime)
      return `All: ${amount(profile, this.sum)}`;
    return this.#cached(fn).label;
  }

  #shade(fn) {
    return this.#cached(fn).shade;
  }

  #cached(fn) {
    let cached = this.#labels.get(fn);
    if (!cached) {
      const { name, url } = this.profile.functions;
      const shade = shadeOf(`${name[fn].slice(0, 99)} ${url[fn].slice(-99)}`);
      cached = { label: functionLabel(this.profile, fn), shade };
      this.#labels.set(fn, cached);
    }
    return cached;
  }

  #outline({ palette, width }, { left, right }, y, weight) {
    const { context } = this;
    const [x, end] = [Math.max(left, -4), Math.min(right, width + 4)];
    context.strokeStyle = palette.ink;
    context.lineWidth = weight;
    context.strokeRect(
      x + weight / 2,
      y + weight / 2,
      Math.max(end - x - 1 - weight, 1),
      ROW - 1 - weight,
    );
  }

  /** Times from the start of the recording, over everything that scrolls. */
  #scale({ palette, width, height, from, to }) {
    const { context } = this;
    context.fillStyle = palette.paper;
    context.fillRect(0, 0, width, SCALE);
    context.fillStyle = palette.line;
    context.fillRect(0, SCALE - 2, width, 1);
    const step = niceStep((to - from) / Math.max(1, width / 110));
    if (!(step > 0)) return;
    const first = Math.ceil(from / step);
    for (let tick = first; tick * step <= to; tick++) {
      const x = Math.round(((tick * step - from) / (to - from)) * width);
      context.fillStyle = palette.line;
      context.globalAlpha = 0.5;
      context.fillRect(x, 0, 1, height);
      context.globalAlpha = 1;
      context.fillStyle = palette.soft;
      const label = moment(tick * step, step);
      if (x + 4 + label.length * this.letter < width) context.fillText(label, x + 4, SCALE / 2 - 1);
    }
  }
}

/** 1, 2 or 5 with zeros, at least `least`, in whole microseconds. */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((one) => one * power).find((step) => step >= least);
}

module.exports = { Painter, ROW, SCALE, niceStep };
