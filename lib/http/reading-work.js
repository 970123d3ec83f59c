'use strict';

/**
 * An analysis or a comparison as an operation: the explorer's process does it.
 *
 * @module
 */

const { invalidArgument } = require('../errors.js');

/** Kinds of captures that the engine reads. */
const READABLE = new Set(['heapSnapshot', 'cpuProfile', 'heapProfile']);

function checkKind({ kind }) {
  if (READABLE.has(kind)) return;
  throw invalidArgument(`a capture of the kind ${kind} cannot be analysed: it is read as it is`);
}

const idIn = (parameters, name) => {
  const value = parameters[name];
  if (typeof value === 'string' && value !== '') return value;
  throw invalidArgument(`the parameter '${name}' must be the id of a capture`);
};

class ReadingWork {
  #names;
  #parts;

  /**
   * @param {'analysis'|'comparison'} kind
   * @param {object} parameters `capture`, or `before` and `after`: ids
   * @param {object} parts
   * @param {object} parts.explorer
   * @param {import('./captures.js').Captures} parts.captures
   * @param {(operation: object, report: object) => void} parts.keep the answer
   * @throws {RsprofError} INVALID_ARG
   */
  constructor(kind, parameters, parts) {
    this.#parts = parts;
    this.#names = kind === 'analysis' ? ['capture'] : ['before', 'after'];
    const captures = this.#names.map((name) => idIn(parameters, name));
    this.description = { kind, phase: 'reading', captures };
  }

  /** As that of lib/http/capture-work.js. @throws {RsprofError} NOT_FOUND, INVALID_ARG */
  async begin(operation) {
    const { captures, explorer } = this.#parts;
    const found = [];
    for (const id of operation.captures) found.push(await captures.find(id));
    found.forEach(checkKind);
    const { signal } = operation.controller;
    const onProgress = ({ percent, phase }) => operation.progress(percent ?? null, phase);
    const [one, other] = found;
    const report = other
      ? explorer.compare(one.path, other.path, { signal, onProgress })
      : explorer.open(one.path, { signal, onProgress });
    return { done: this.#finish(operation, report, other ? null : one) };
  }

  async #finish(operation, asked, analysed) {
    const report = await asked;
    const { verdict } = report;
    if (analysed) await this.#parts.captures.setVerdict(analysed, verdict);
    this.#parts.keep(operation, report);
    return { verdict: typeof verdict === 'string' ? verdict : null };
  }
}

module.exports = { ReadingWork };
