'use strict';

/**
 * Where a view has its answers from: a server that reads the file first, and forgets it when nobody asks.
 *
 * @module
 */

/** The server has closed the file again, or was never asked to open it. */
const isClosed = ({ code }) => code === 'ERR_RSPROF_NOT_OPEN';

class OperationError extends Error {
  constructor({ state, error }) {
    super(error?.message ?? state);
    this.code = error?.code;
    this.isCancelled = state === 'cancelled';
  }
}

/** One operation at a time, with whoever wants to know how far it is. */
class Task extends EventTarget {
  /** The operation that runs, undefined before and after. */
  operation;

  constructor(api, signal) {
    super();
    this.api = api;
    this.signal = signal;
  }

  #tell(operation) {
    this.operation = operation;
    this.dispatchEvent(new Event('change'));
  }

  /** Starts one and follows it to its end; throws where that is not a good one. */
  async run(path) {
    const { api, signal } = this;
    try {
      let operation = await api.post(path, signal);
      this.#tell(operation);
      if (operation.state === 'running')
        operation = await api.operation(operation.id, (now) => this.#tell(now), signal);
      if (operation.state !== 'done') throw new OperationError(operation);
      return operation;
    } finally {
      this.#tell(undefined);
    }
  }

  /** It ends as cancelled a moment later, for everybody who waits for it. */
  cancel() {
    return this.api.remove(`operations/${this.operation.id}`).catch(() => {});
  }
}

class Source {
  #opening;

  /** @param {{ capture: object, api: object, signal: AbortSignal }} context */
  constructor({ capture, api, signal }) {
    this.path = `captures/${capture.id}`;
    this.capture = capture;
    this.api = api;
    this.signal = signal;
    this.task = new Task(api, signal);
  }

  /** Has the server read the file: once, however many ask for it. */
  open() {
    this.#opening ??= this.task.run(`${this.path}/analysis`).catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** What is kept beside the file from its first analysis on. */
  async kept(path, as = 'get') {
    if (!this.capture.analyzed) await this.open();
    return this.#ask(path, as);
  }

  /** What only an open file answers. */
  async ask(path) {
    await this.open();
    return this.#ask(path, 'get');
  }

  async #ask(path, as) {
    const whole = `${this.path}/${path}`;
    const opening = this.#opening;
    try {
      return await this.api[as](whole, this.signal);
    } catch (error) {
      // A report that was kept may have gone with its sidecar.
      const isGone = error.status === 404 && !opening;
      if (!isClosed(error) && !isGone) throw error;
    }
    // Somebody else may have had it read again meanwhile.
    if (this.#opening === opening) this.#opening = undefined;
    await this.open();
    return this.api[as](whole, this.signal);
  }
}

module.exports = { OperationError, Source, Task };
