'use strict';

/**
 * Which colour a function has: that of whose code it is. The colours themselves are in the style sheet.
 *
 * @module
 */

const { packageLabel, table } = require('./flame-labels.js');

/** So many packages have a colour of their own; the rest shares one. */
const OWN = 5;

/** What is no JavaScript of anybody is hatched too. */
const HATCHED = new Set(['gc', 'program', 'idle']);

/** Colours of categories; packages have others. */
const SLOTS = table({
  root: 'root',
  idle: 'idle',
  garbageCollector: 'gc',
  program: 'program',
  native: 'native',
  wasm: 'wasm',
  node: 'node',
  app: 'app',
});

/** Functions by whose code they are, the heaviest first. */
class Groups {
  /** `{ label, slot, weight, isIdle }` */
  list = [];

  /** @param {object} weights with idle time, so that colours stay when it is hidden */
  constructor(profile, weights) {
    const { category, package: packages } = profile.functions;
    const numbers = new Map();
    this.ofFunction = Int32Array.from({ length: profile.functionCount }, (_, fn) => {
      const key = category[fn] === 'package' ? packages[fn] : category[fn];
      if (!numbers.has(key)) {
        numbers.set(key, this.list.length);
        const [label, isIdle] = [packageLabel(profile, fn), profile.isIdle(fn)];
        this.list.push({ label, slot: SLOTS.get(category[fn]), weight: 0, isIdle });
      }
      const group = numbers.get(key);
      this.list[group].weight += weights.functionSelf[fn];
      return group;
    });
    const packagesByWeight = this.list.filter(({ slot }) => !slot);
    packagesByWeight.sort((a, b) => b.weight - a.weight);
    packagesByWeight.forEach((group, at) => {
      group.slot = at < OWN ? `p${at}` : 'other';
    });
  }

  /** 1 for each function of a group. */
  functionsOf(group) {
    return Uint8Array.from(this.ofFunction, (own) => (own === group ? 1 : 0));
  }
}

function parse(colour) {
  if (Array.isArray(colour)) return colour;
  return colour.match(/[\da-f]{2}/gi).map((part) => Number.parseInt(part, 16));
}

/** `#rrggbb`, or its parts, mixed with another one, as parts. */
function mix(colour, other, share) {
  const [a, b] = [parse(colour), parse(other)];
  return a.map((part, at) => Math.round(part + (b[at] - part) * share));
}

const css = (parts) => `rgb(${parts.join(' ')})`;

/** Neighbours of one colour are told apart by so many shades. */
const SHADES = 3;

/** How much paler each is than the one before. */
const SHADE = 0.06;

/** How much paler all is that does not stand out. */
const DIMMED = 0.72;

/** What the style sheet says, for canvas. */
class Palette {
  /** @param {Element} element where the custom properties hold */
  constructor(element) {
    const style = getComputedStyle(element);
    this.value = (name) => style.getPropertyValue(`--flame-${name}`).trim();
    this.ink = this.value('ink');
    this.paper = this.value('paper');
    const ofPage = (name) => style.getPropertyValue(`--${name}`);
    this.soft = ofPage('soft');
    this.line = ofPage('line');
    this.accent = ofPage('accent');
    this.font = `12px ${ofPage('mono')}`;
  }

  #patterns = new Map();
  #pixels = new Map();

  /** @returns {string|CanvasPattern} */
  fill(context, slot, shade, isDimmed) {
    const key = `${slot} ${shade} ${isDimmed}`;
    let fill = this.#patterns.get(key);
    if (!fill) {
      fill = this.#make(context, slot, shade, isDimmed);
      this.#patterns.set(key, fill);
    }
    return fill;
  }

  /** The colour as a pixel of image data. */
  pixel(slot, shade, isDimmed) {
    const key = `${slot} ${shade} ${isDimmed}`;
    let pixel = this.#pixels.get(key);
    if (pixel === undefined) {
      const bytes = Uint8Array.of(...this.#plain(slot, shade, isDimmed), 255);
      pixel = new Uint32Array(bytes.buffer)[0];
      this.#pixels.set(key, pixel);
    }
    return pixel;
  }

  #plain(slot, shade, isDimmed) {
    return mix(this.value(slot), this.paper, isDimmed ? DIMMED : shade * SHADE);
  }

  #make(context, slot, shade, isDimmed) {
    const share = isDimmed ? DIMMED : 0;
    const ground = css(this.#plain(slot, shade, isDimmed));
    if (!HATCHED.has(slot)) return ground;
    const line = css(mix(mix(this.value(slot), this.ink, 0.22), this.paper, share));
    return hatched(context, ground, line);
  }
}

/** Slanted lines. */
function hatched(context, ground, lines) {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 8;
  const pen = tile.getContext('2d');
  pen.fillStyle = ground;
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = lines;
  pen.lineWidth = 1.4;
  pen.beginPath();
  for (const x of [-8, 0, 8]) {
    pen.moveTo(x, 8);
    pen.lineTo(x + 8, 0);
  }
  pen.stroke();
  return context.createPattern(tile, 'repeat');
}

/** The same function has the same shade on every page. */
function shadeOf(text) {
  let sum = 7;
  for (let at = 0; at < text.length; at++) sum = (sum * 31 + text.charCodeAt(at)) | 0;
  return Math.abs(sum) % SHADES;
}

module.exports = { Groups, Palette, shadeOf };
