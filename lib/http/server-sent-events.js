'use strict';

/**
 * Server-sent events with bounded buffers: who does not read is dropped, and may come again.
 *
 * @module
 */

const { RsprofError } = require('../errors.js');
const { head } = require('./reply.js');

/** Readers at a time; a page has one or two. */
const MOST_STREAMS = 32;

/** Bytes that may wait for a reader in this process. A reading has about a kilobyte. */
const MOST_WAITING = 256 * 1024;

/** Proxies close what is silent for a minute, and a reader that is gone shows only when written to. */
const HEARTBEAT_MS = 15_000;
const HEARTBEAT = ': still here\n\n';

/** When browsers may come again. */
const GREETING = 'retry: 3000\n\n';

const HEADERS = Object.freeze({
  'Content-Type': 'text/event-stream; charset=utf-8',
  // nginx would hold events back.
  'X-Accel-Buffering': 'no',
});

/**
 * An event as it goes over the wire: made once for all readers.
 *
 * @param {string} event its name
 * @param {unknown} data
 */
function frame(event, data) {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** One reader. */
class EventStream {
  #response;
  #mostWaiting;

  constructor(call, mostWaiting) {
    this.#response = call.response;
    this.#mostWaiting = mostWaiting;
    head(call, 200, HEADERS);
    this.#response.flushHeaders();
    this.write(GREETING);
  }

  /** Sends what {@link frame} made; ends the reader who left too much unread. */
  write(text) {
    const response = this.#response;
    if (response.destroyed || response.writableEnded) return;
    if (response.writableLength + text.length > this.#mostWaiting) response.destroy();
    else response.write(text);
  }

  /** Nothing more will come. */
  end() {
    if (!this.#response.writableEnded) this.#response.end();
  }

  /** @param {() => void} listener once nobody reads any more */
  onClose(listener) {
    if (this.#response.destroyed) listener();
    else this.#response.once('close', listener);
  }
}

/** All readers of one route. One timer, and that while there are readers only. */
class EventStreams {
  #streams = new Set();
  #heartbeat;
  #limits;

  /** @param {{ mostStreams?: number, mostWaiting?: number, heartbeatMs?: number }} [limits] */
  constructor(limits = {}) {
    this.#limits = {
      mostStreams: MOST_STREAMS,
      mostWaiting: MOST_WAITING,
      heartbeatMs: HEARTBEAT_MS,
      ...limits,
    };
  }

  get size() {
    return this.#streams.size;
  }

  /**
   * @param {Call} call
   * @returns {EventStream}
   * @throws {RsprofError} `ERR_RSPROF_RATE` where there are too many
   */
  open(call) {
    const { mostStreams, mostWaiting, heartbeatMs } = this.#limits;
    if (this.#streams.size >= mostStreams) {
      const message = `${mostStreams} readers follow the events already; close some, or poll`;
      throw Object.assign(new RsprofError('ERR_RSPROF_RATE', message), { retryAfter: 10 });
    }
    const stream = new EventStream(call, mostWaiting);
    this.#streams.add(stream);
    this.#heartbeat ??= setInterval(() => this.broadcast(HEARTBEAT), heartbeatMs).unref();
    stream.onClose(() => this.#forget(stream));
    return stream;
  }

  /** @param {string} text of {@link frame}, to everybody */
  broadcast(text) {
    for (const stream of this.#streams) stream.write(text);
  }

  close() {
    for (const stream of this.#streams) stream.end();
  }

  #forget(stream) {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }
}

module.exports = { EventStreams, frame };
