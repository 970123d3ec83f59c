'use strict';

/**
 * What the text outputs are put together from: headings, labelled paragraphs, tables, paths and bars, on a
 * page of a given width.
 *
 * @module
 */

const { count, percent, size } = require('../../units.js');
const { visible } = require('../../escape.js');
const { objectLabel, shortPlace, shownSteps } = require('../labels.js');
const { proseParts } = require('../../prose.js');
const { table } = require('./table.js');
const { padEnd, width, wrap } = require('./width.js');

/** Columns of the labels at the left. */
const LABEL = 14;
const MARGIN = 2;

/** A path is shown in so many steps. */
const STEPS = 12;

/** Where code begins and ends in a text that is still to be wrapped: no text has controls left in it. */
const [CODE, END] = ['\u0001', '\u0002'];

const marked = (text) =>
  proseParts(text)
    .map(({ text: part, isCode }) => (isCode ? CODE + visible(part) + END : visible(part)))
    .join('');

/** Lines of a marked text with the code painted; it may go on from one line to the next. */
function painted(lines, paint) {
  let isOpen = false;
  return lines.map((line) => {
    const whole = isOpen ? CODE + line : line;
    isOpen = whole.lastIndexOf(CODE) > whole.lastIndexOf(END);
    const parts = (isOpen ? whole + END : whole).split(CODE);
    return parts.map((part, at) => (at === 0 ? part : paintedCode(part, paint))).join('');
  });
}

function paintedCode(part, paint) {
  const [code, rest] = part.split(END);
  return paint(code) + rest;
}

const right = (title, paint) => ({ title, align: 'right', paint });
const left = (title, paint) => ({ title, paint });
const flexible = (title, paint) => ({ title, flexible: true, paint });
const way = (title) => ({ title, flexible: true, path: true });

class Page {
  #lines = [];

  /**
   * @param {object} style of ../style.js
   * @param {number} columns of the terminal
   */
  constructor(style, columns) {
    this.style = style;
    this.columns = columns;
  }

  line(text = '') {
    this.#lines.push(text);
  }

  /** A heading, and a note beside it. */
  heading(title, note = '') {
    if (this.#lines.length > 0) this.line();
    const beside = note === '' ? '' : `  ${this.style.dim(visible(note))}`;
    this.line(this.style.bold(visible(title)) + beside);
  }

  /** A paragraph; `text` is raw. */
  paragraph(text, paint = String) {
    const room = this.columns - MARGIN;
    for (const line of wrap(visible(text), room)) this.line(' '.repeat(MARGIN) + paint(line));
  }

  /** Lines that are finished, beside a label. */
  beside(label, lines) {
    lines.forEach((line, at) => {
      const start = at === 0 ? this.style.dim(padEnd(label, LABEL)) : ' '.repeat(LABEL);
      this.line(' '.repeat(MARGIN) + start + line);
    });
  }

  /** A paragraph beside a label; nothing where there is no text. */
  labelled(label, text, paint = String) {
    if (!text) return;
    const lines = wrap(visible(text), this.columns - MARGIN - LABEL);
    this.beside(
      label,
      lines.map((line) => paint(line)),
    );
  }

  /** The same with what stands in backticks as code: a sentence of ours. */
  prose(label, text, paint = String) {
    if (!text) return;
    const lines = wrap(marked(text), this.columns - MARGIN - LABEL);
    this.beside(
      label,
      painted(lines, this.style.bold).map((line) => paint(line)),
    );
  }

  /** A command beside a label: on one line, however long, so that it can be copied. */
  command(label, text) {
    this.beside(label, [this.style.dim(visible(text))]);
  }

  #table(columns, rows, room) {
    const shown = rows.map((row) => row.map(visible));
    return table(columns, shown, { room, style: this.style });
  }

  table(columns, rows) {
    const lines = this.#table(columns, rows, this.columns - MARGIN);
    for (const line of lines) this.line(' '.repeat(MARGIN) + line);
  }

  labelledTable(label, columns, rows) {
    if (rows.length === 0) return;
    this.beside(label, this.#table(columns, rows, this.columns - MARGIN - LABEL));
  }

  /** The steps of a path, each with what it leads to and how much that retains. */
  path(label, path) {
    const rows = shownSteps(path, STEPS).map(stepRow);
    const columns = [flexible('reference'), flexible('object'), right('retained'), right('share')];
    this.labelledTable(label, columns, rows);
  }

  toString() {
    return `${this.#lines.join('\n')}\n`;
  }
}

function stepRow({ label, object, skipped }) {
  if (skipped) return [`… ${count(skipped)} more`, '', '', ''];
  const place = shortPlace(object.location);
  return [
    label,
    objectLabel(object) + (place && `  ${place}`),
    size(object.retainedSize),
    percent(object.share),
  ];
}

/** A bar of `columns` that is full to `share`. */
function bar(share, columns) {
  const full = Math.max(0, Math.min(columns, Math.round(share * columns)));
  return { full: '█'.repeat(full), rest: '░'.repeat(columns - full) };
}

module.exports = { Page, bar, flexible, left, right, way, width };
