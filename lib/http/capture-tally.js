'use strict';

/**
 * How the captures of this thread ended, by kind: those of the route, of rules and of the program's own calls,
 * whichever copy of rsprof took them. Heard from the channel `rsprof:capture`; costs nothing until there is one.
 *
 * @module
 */

const diagnosticsChannel = require('node:diagnostics_channel');

const CHANNEL = 'rsprof:capture';

function outcomeOf({ phase, error }) {
  if (phase === 'end') return 'done';
  return error?.code === 'ERR_RSPROF_ABORTED' ? 'cancelled' : 'failed';
}

class CaptureTally {
  #counts = new Map();
  #listener = (message) => this.#note(message);

  /** Counts from now on. */
  constructor() {
    diagnosticsChannel.subscribe(CHANNEL, this.#listener);
  }

  /** @returns {{ kind: string, outcome: 'done'|'failed'|'cancelled', count: number }[]} */
  counts() {
    return [...this.#counts.values()].map((entry) => ({ ...entry }));
  }

  /** Harmless when repeated. */
  close() {
    diagnosticsChannel.unsubscribe(CHANNEL, this.#listener);
  }

  #note(message) {
    const { phase, kind } = message;
    if (phase !== 'end' && phase !== 'error') return;
    const outcome = outcomeOf(message);
    const key = `${kind} ${outcome}`;
    const entry = this.#counts.get(key) ?? { kind, outcome, count: 0 };
    entry.count++;
    this.#counts.set(key, entry);
  }
}

module.exports = { CaptureTally };
