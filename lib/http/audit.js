'use strict';

/**
 * Every request of the route as an event: the channel `rsprof:access` has all of them, the logger those that act,
 * take something away, or were refused.
 *
 * @module
 */

const diagnosticsChannel = require('node:diagnostics_channel');
const { log } = require('../diagnostics.js');
const { Rate } = require('./rate.js');

const accesses = diagnosticsChannel.channel('rsprof:access');

/** Lines about refused requests, a minute: who floods the route must not flood the log. */
const MOST_REFUSED_LINES = 60;
const MINUTE_MS = 60_000;

/** Bytes that a socket sent. */
const sentBy = (socket) => socket?.bytesWritten;

function eventOf(call, { startedAt, began, bytesBefore, socket, peer }) {
  const { request, response, route } = call;
  const sent = sentBy(socket);
  return {
    time: startedAt,
    method: request.method,
    route: route?.path ?? null,
    status: response.headersSent ? response.statusCode : null,
    peer: peer ?? null,
    access: call.access,
    refusal: call.refusal,
    action: route?.action ?? null,
    capture: call.capture,
    bytes: sent === undefined || bytesBefore === undefined ? null : sent - bytesBefore,
    durationMs: performance.now() - began,
  };
}

/** The audit of one route. */
class Audit {
  #logger;
  #refusedLines;

  /** @param {false|'stderr'|object} logger */
  constructor(logger) {
    this.#logger = logger;
  }

  /**
   * Tells about a call when it is over.
   *
   * @param {Call} call
   */
  follow(call) {
    const { request } = call;
    // With HTTP/2 the socket is everybody's.
    const socket = request.httpVersionMajor < 2 ? request.socket : undefined;
    const start = {
      startedAt: new Date().toISOString(),
      began: performance.now(),
      bytesBefore: sentBy(socket),
      socket,
      peer: request.socket?.remoteAddress,
    };
    call.response.once('close', () => this.#tell(call, eventOf(call, start)));
  }

  #tell(call, event) {
    log('access: %s %s %s', event.method, event.route ?? '(none)', event.status);
    if (accesses.hasSubscribers) accesses.publish(event);
    try {
      this.#write(call.route, event);
    } catch {
      // A logger that throws is not the request's problem.
    }
  }

  #write(route, event) {
    if (!this.#logger) return;
    if (event.refusal !== null) {
      this.#refusedLines ??= new Rate(MOST_REFUSED_LINES, MINUTE_MS);
      if (this.#refusedLines.take()) this.#line('warn', 'refused', event);
    } else if (route?.acts || route?.downloads) this.#line('info', event.action ?? 'access', event);
  }

  #line(level, what, event) {
    const text = `rsprof: profiler ${what}: ${event.method} ${event.route ?? '(no such path)'} ${event.status}`;
    if (this.#logger !== 'stderr') this.#logger[level](event, text);
    else process.stderr.write(`${text} for ${event.peer}\n`);
  }
}

module.exports = { Audit };
