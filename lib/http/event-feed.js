'use strict';

/**
 * What `GET /events` tells: readings, operations, captures and the watcher's deeds, made into text once for all
 * readers. Listens to its sources while somebody reads, and to nothing else.
 *
 * @module
 */

const { frame } = require('./server-sent-events.js');

/** Which part emits what, and the name it has on the wire. */
const SOURCES = Object.freeze([
  { part: 'live', emits: 'reading', event: 'reading' },
  { part: 'live', emits: 'watch', event: 'watch' },
  // The watcher has started or stopped: `/status` has changed.
  { part: 'live', emits: 'source', event: 'source' },
  { part: 'operations', emits: 'change', event: 'operation' },
  { part: 'captures', emits: 'change', event: 'capture' },
]);

const ignore = () => {};

/** Feeds the readers of one route. */
class EventFeed {
  #parts;
  #readers = new Set();
  #stop;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @param {EventStream} stream gets everything until it closes */
  add(stream) {
    this.#readers.add(stream);
    stream.onClose(() => this.#remove(stream));
    this.#stop ??= this.#listen();
  }

  #remove(stream) {
    this.#readers.delete(stream);
    if (this.#readers.size > 0 || !this.#stop) return;
    this.#stop();
    this.#stop = undefined;
  }

  #listen() {
    const stops = SOURCES.map(({ part, emits, event }) => {
      const tell = (data) => this.#send(frame(event, data ?? null));
      const emitter = this.#parts[part];
      emitter.on(emits, tell);
      return () => emitter.removeListener(emits, tell);
    });
    const { live, captures } = this.#parts;
    // Captures tell what a look has found: the watcher's deeds are a reason to look.
    const look = () => captures.list().catch(ignore);
    live.on('watch', look);
    look();
    stops.push(live.subscribe(), () => live.removeListener('watch', look));
    return () => {
      for (const stop of stops) stop();
    };
  }

  #send(text) {
    for (const stream of this.#readers) stream.write(text);
  }
}

module.exports = { EventFeed };
