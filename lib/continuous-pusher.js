'use strict';

/**
 * Sends what is in the queue, oldest first and one at a time: what fails for a while is tried again, what is
 * refused for good goes.
 *
 * @module
 */

const fs = require('node:fs/promises');
const { newAgent, post } = require('./continuous-post.js');
const { RsprofError } = require('./errors.js');

/** No server is waited for longer because it asks to. */
const MAX_RETRY_AFTER_MS = 300_000;

/** Of an answer that is shown. */
const SHOWN = 200;

/** Answers after which the same request may well be taken. */
const isPassing = (status) => status === 408 || status === 429 || status >= 500;

function sentence(text) {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}...` : line;
}

function advice(status) {
  if (status >= 300 && status < 400)
    return '; redirects are not followed: give the final address as push.url';
  if (status === 401 || status === 403)
    return '; check push.token, push.basicAuth and push.tenantId';
  if (status === 404) return '; is push.url the address of Pyroscope?';
  return '';
}

class Pusher {
  #queue;
  #receiver;
  #settings;
  #reporter;
  #agent;
  #controller = new AbortController();
  #running = null;
  #deadline = Infinity;
  #failures = 0;
  #wake = () => {};

  /**
   * @param {object} parts
   * @param {PushQueue} parts.queue
   * @param {Pyroscope} parts.receiver
   * @param {object} parts.settings the option `push`
   * @param {Reporter} parts.reporter
   */
  constructor({ queue, receiver, settings, reporter }) {
    this.#queue = queue;
    this.#receiver = receiver;
    this.#settings = settings;
    this.#reporter = reporter;
    this.#agent = newAgent(receiver.protocol);
  }

  /** There is something to send. */
  start() {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /**
   * Sends what waits, at once and for `ms` at most; then ends.
   *
   * @returns {Promise<void>}
   */
  async flush(ms) {
    this.#deadline = performance.now() + ms;
    const timer = setTimeout(() => this.end(), ms);
    this.#wake();
    this.start();
    await this.#running;
    clearTimeout(timer);
    this.end();
  }

  /** Ends at once; what waits stays in the queue. */
  end() {
    this.#controller.abort();
    this.#wake();
    this.#agent.destroy();
  }

  get #ended() {
    return this.#controller.signal.aborted;
  }

  async #run() {
    for (let item = this.#queue.take(); item && !this.#ended; item = this.#queue.take()) {
      const delay = await this.#send(item);
      if (delay === 0) this.#queue.done();
      else if (!(await this.#wait(delay))) return;
    }
  }

  /** Answers the ms after which to try it again; 0 where it is dealt with. */
  async #send(item) {
    const body = await this.#bodyOf(item);
    if (!body) return 0;
    try {
      const answer = await this.#post(item, body);
      return this.#judge(item, answer);
    } catch (error) {
      return this.#ended ? 1 : this.#retry(item, error.message, { cause: error });
    }
  }

  /** A file of the ring that is gone is lost to us. */
  async #bodyOf(item) {
    try {
      return item.body ?? (await fs.readFile(item.path));
    } catch (error) {
      this.#reporter.add('dropped');
      this.#reporter.tell('drop', { window: item, error });
      return null;
    }
  }

  #post(item, body) {
    return post({
      ...this.#receiver.request(item, body),
      agent: this.#agent,
      timeoutMs: this.#settings.timeout * 1000,
      signal: this.#controller.signal,
    });
  }

  #judge(item, { status, text, retryAfterMs }) {
    if (status >= 200 && status < 300) return this.#succeed(item);
    const answer = sentence(this.#receiver.redact(text));
    const what = `it answers ${status}${answer ? `: ${answer}` : ''}`;
    if (isPassing(status)) return this.#retry(item, what, { retryAfterMs });
    this.#failures = 0;
    this.#reporter.add('rejected');
    this.#reporter.fail(this.#failure(`${what}; the window is dropped${advice(status)}`), item);
    return 0;
  }

  #succeed(item) {
    this.#failures = 0;
    this.#reporter.add('pushed');
    this.#reporter.add('pushedBytes', item.bytes);
    this.#reporter.tell('push', { window: describe(item) });
    return 0;
  }

  /** Of an outage the first failure is told. */
  #retry(item, what, { retryAfterMs = 0, cause }) {
    this.#failures++;
    this.#reporter.add('retries');
    const delay = this.#delay(retryAfterMs);
    const failure = this.#failure(`${what}; it is tried again`, cause);
    this.#reporter.tell('retry', { window: describe(item), error: failure, delayMs: delay });
    if (this.#failures === 1) this.#reporter.fail(failure, describe(item));
    return delay;
  }

  #failure(what, cause) {
    const text = this.#receiver.redact(what);
    const message = `rsprof cannot push to ${this.#receiver.address}: ${text}`;
    return new RsprofError('ERR_RSPROF_PUSH', message, cause ? { cause } : {});
  }

  /** Doubles with each failure, half of it by chance: a fleet must not come back in step. */
  #delay(retryAfterMs) {
    const { retryDelay, maxRetryDelay } = this.#settings;
    const longest = Math.min(maxRetryDelay, retryDelay * 2 ** Math.min(this.#failures - 1, 30));
    const delay = longest * 1000 * (0.5 + Math.random() / 2);
    return Math.max(1, delay, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
  }

  /** Waits `ms`, or until a flush wakes it; false where there is no time left. */
  async #wait(ms) {
    if (performance.now() + ms > this.#deadline) this.end();
    if (this.#ended) return false;
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return !this.#ended;
  }
}

/** A window as others may see it. */
function describe({ kind, from, until, bytes, path }) {
  return { kind, from, until, bytes, path };
}

module.exports = { Pusher, describe };
