'use strict';

/**
 * Runs the actions of a rule that has fired, one after the other. Whatever an action does, nothing is
 * thrown: what fails is told.
 *
 * @module
 */

const { onAbort } = require('../../abort.js');
const { log } = require('../../diagnostics.js');
const { RsprofError } = require('../../errors.js');
const { keptFiles } = require('./diff.js');
const { TYPES, freeId } = require('./read.js');

/** How long an action may take to end after it was told to. */
const GRACE_MS = 10_000;

/** What an event tells of an action: its settings may hold secrets. */
const nameOf = ({ type, id }) => ({ type, id });

function endedError({ id }, signal) {
  const message = `rsprof ended the action ${id} because it was aborted`;
  return new RsprofError('ERR_RSPROF_ABORTED', message, { cause: signal.reason });
}

/** What a webhook failed of so far is worth knowing. */
function lateError({ id, settings }, error) {
  const last = error?.code === 'ERR_RSPROF_PUSH' ? `: ${error.message}` : '';
  const message = `rsprof ended the action ${id} after ${settings.timeout} s, as its timeout says${last}`;
  return new RsprofError('ERR_RSPROF_BUDGET', message, error ? { cause: error } : {});
}

/** Whatever was thrown as an Error. */
function toError(thrown) {
  if (thrown instanceof Error) return thrown;
  return new RsprofError('ERR_RSPROF_INTERNAL', `an action threw a ${typeof thrown}`, {
    cause: thrown,
  });
}

/** Rejects when an action that was told to end has not, after a while. */
function overdue(signal, graceMs) {
  const ends = {};
  const promise = new Promise((_, reject) => {
    ends.forget = onAbort(signal, () => {
      ends.timer = setTimeout(() => reject(new Error('it does not end')), graceMs);
      ends.timer.unref();
    });
  });
  const stop = () => {
    ends.forget();
    clearTimeout(ends.timer);
  };
  return { promise, stop };
}

/** Absolute paths of what an output has written. */
function filesOf(output) {
  const parts = [output, output?.classHistogram, output?.heapProfile];
  const paths = parts.flatMap((part) => [part?.path, part?.sidecar]);
  return paths.filter((path) => typeof path === 'string');
}

class Run {
  #actions;
  #signal;
  #report;

  constructor({ actions, context, signal, report }) {
    this.#actions = actions;
    this.#signal = signal;
    this.#report = report;
    this.context = context;
    this.files = [];
    this.errors = [];
    this.skipped = [];
  }

  /** Runs all of them, as far as they may. */
  async all() {
    for (const [at, action] of this.#actions.entries()) {
      const isOver = this.#signal?.aborted || (await this.#one(action)) === 'stop';
      if (!isOver) continue;
      const ran = this.errors.some(({ action: { id } }) => id === action.id) ? 1 : 0;
      this.skipped.push(...this.#actions.slice(at + ran).map(nameOf));
      return;
    }
  }

  async #one(action) {
    const name = nameOf(action);
    this.#tell({ phase: 'start', action: name });
    try {
      const output = await this.#limited(action);
      this.context.outputs[action.id] = output;
      if (TYPES[action.type].writes) this.files.push(...filesOf(output));
      this.#tell({ phase: 'end', action: name, output });
      return 'continue';
    } catch (thrown) {
      const error = toError(thrown);
      this.errors.push({ action: name, error });
      this.#tell({ phase: 'error', action: name, error });
      return this.#signal?.aborted ? 'stop' : action.settings.onFailure;
    }
  }

  /** An action, ended by its time limit or by the signal of all of them. */
  async #limited(action) {
    const controller = new AbortController();
    const { signal } = controller;
    let isLate = false;
    const expire = () => {
      isLate = true;
      controller.abort(lateError(action));
    };
    const timer = setTimeout(expire, action.settings.timeout * 1000);
    timer.unref();
    const forget = onAbort(this.#signal, () => controller.abort(this.#signal.reason));
    try {
      return await this.#within(action, signal);
    } catch (error) {
      if (this.#signal?.aborted) throw endedError(action, this.#signal);
      throw isLate ? lateError(action, error) : error;
    } finally {
      clearTimeout(timer);
      forget();
    }
  }

  async #within(action, signal) {
    const { run, graceMs = GRACE_MS } = TYPES[action.type];
    const { context, files, errors } = this;
    const limit = overdue(signal, graceMs);
    const work = (async () => run({ settings: action.settings, context, signal, files, errors }))();
    // One that was given up may still fail.
    work.catch(() => {});
    try {
      return await Promise.race([work, limit.promise]);
    } finally {
      limit.stop();
    }
  }

  #tell(event) {
    try {
      this.#report?.(event);
    } catch (error) {
      log('watch: whoever is told of actions failed: %s', error?.message);
    }
  }

  result() {
    const { files, errors, skipped } = this;
    const { outputs, baselines } = this.context;
    return { outputs, files, errors, skipped, keep: keptFiles(baselines) };
  }
}

/** Actions that were read one by one may have one id twice. */
function withOwnIds(actions) {
  const taken = new Set();
  return actions.map((action) => {
    const id = freeId(action.id, taken);
    taken.add(id);
    return id === action.id ? action : { ...action, id };
  });
}

/**
 * Runs actions in their order; each one waits for the one before.
 *
 * @param {object} how
 * @param {{ type: string, id: string, settings: object }[]} how.actions of `readActions()`
 * @param {object} how.context `rule`, `reason`, `firedAt`, `readings`, `dir`, `fits(kind)`, `classHistogram`,
 *   `baselines`; its `outputs` get what each action gives, by id
 * @param {AbortSignal} [how.signal] ends the one that runs, and the others with it
 * @param {(event: { phase: 'start'|'end'|'error', action: { type: string, id: string },
 *   output?: object, error?: Error }) => void} [how.report]
 * @returns {Promise<{ outputs: object, files: string[], errors: object[], skipped: object[], keep: string[] }>}
 *   never rejects. `files`: absolute paths of what was written, sidecars too; `keep`: of what later
 *   comparisons need
 */
async function runActions({ actions, context, signal, report }) {
  context.outputs ??= {};
  const run = new Run({ actions: withOwnIds(actions), context, signal, report });
  await run.all();
  return run.result();
}

module.exports = { runActions };
