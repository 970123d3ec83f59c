'use strict';

/**
 * What a watcher says, and to whom: its listeners, the channel `rsprof:watch`, the logger. Nobody's failure
 * gets back into the program.
 *
 * @module
 */

const { publishWatch } = require('../diagnostics.js');
const { toRsprofError } = require('../errors.js');

/** Lines for a person, at most so many an hour: standard error is somebody's log. */
const LINES_AN_HOUR = 60;

const HOUR_MS = 3_600_000;

/** A pino-shaped logger that writes lines to standard error. */
function stderrLogger() {
  let lines = 0;
  let since = Date.now();
  const write = (_, message) => {
    const now = Date.now();
    if (Math.abs(now - since) > HOUR_MS) [lines, since] = [0, now];
    if (++lines <= LINES_AN_HOUR) process.stderr.write(`rsprof: ${message}\n`);
  };
  return { info: write, warn: write, error: write };
}

const silent = Object.freeze({ info() {}, warn() {}, error() {} });

function loggerOf(option) {
  if (option === false) return silent;
  return option === 'stderr' ? stderrLogger() : option;
}

class Announcer {
  #emitter;
  #logger;
  #record;
  #follow;
  #hasWarned = false;
  #failures = new Set();

  /**
   * @param {import('node:events').EventEmitter} emitter the watcher
   * @param {object|'stderr'|false} logger
   * @param {object} others who are told, whoever listens
   * @param {(text: string) => void} others.record takes what a person should know of: the black box
   * @param {(event: string, message: object) => void} others.follow takes each event
   */
  constructor(emitter, logger, { record, follow }) {
    this.#emitter = emitter;
    this.#record = record;
    this.#follow = follow;
    this.#logger = loggerOf(logger);
  }

  /** Tells of an event. */
  tell(event, message) {
    this.#quietly(() => this.#follow(event, message));
    this.#quietly(() => publishWatch(event, message));
    this.#quietly(() => this.#emitter.emit(event, message));
  }

  /** Tells of an event that a person should know of. */
  say(level, event, message, text) {
    this.tell(event, message);
    this.#quietly(() => this.#record(text));
    this.#quietly(() => this.#logger[level]({ event, rule: message.rule }, text));
  }

  /** Tells of a failure; of each kind the logger hears once. */
  fail(error, message = {}) {
    const failure = toRsprofError(error, 'watch');
    this.tell('failure', { ...message, error: failure });
    const kind = `${failure.code} ${message.rule ?? ''}`;
    if (this.#failures.has(kind)) return;
    this.#failures.add(kind);
    this.#quietly(() => this.#record(failure.message));
    this.#quietly(() => this.#logger.error({ event: 'failure', ...message }, failure.message));
  }

  /** A listener or logger that throws does so each time: it is told of once. */
  #quietly(act) {
    try {
      act();
    } catch (error) {
      if (this.#hasWarned) return;
      this.#hasWarned = true;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.emitWarning(`a listener or logger of rsprof.watch() failed: ${text}`, {
        type: 'RsprofWarning',
        code: 'RSPROF_WATCH_LISTENER',
      });
    }
  }
}

module.exports = { Announcer };
