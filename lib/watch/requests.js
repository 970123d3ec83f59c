'use strict';

/**
 * HTTP requests of this thread's servers: how many are being answered, how many begin, how long they take.
 * Heard from `node:http` itself (its diagnostics channel), so it needs no middleware and works under every
 * framework. Counting a request allocates nothing of ours; latency is measured on a few of them.
 *
 * @module
 */

const diagnosticsChannel = require('node:diagnostics_channel');
const { performance } = require('node:perf_hooks');

const CHANNEL = 'http.server.request.start';

/** Tells of responses that are not the application's; other copies of rsprof hear it, too. */
const LEFT_OUT = diagnosticsChannel.channel('rsprof:request.left-out');

/** When a response that is measured was asked for. */
const BEGUN = Symbol('rsprof.begun');

/** Latencies of one reading at most: enough for a 99th percentile, bounded whatever the load. */
const SAMPLES = 128;

class RequestCounter {
  #inFlight = 0;
  #begun = 0;
  /** One of so many is measured. */
  #stride = 1;
  #latencies = new Float64Array(SAMPLES);
  #sorted = new Float64Array(SAMPLES);
  #measured = 0;
  #onStart;
  #onClose;
  #onLeftOut;

  constructor() {
    const counter = this;
    /** Of the response: called once, whether the answer was finished or the client went away. */
    this.#onClose = function onClose() {
      counter.#end(this);
    };
    this.#onStart = ({ response }) => this.#start(response);
    this.#onLeftOut = ({ response }) => this.#leaveOut(response);
    diagnosticsChannel.subscribe(CHANNEL, this.#onStart);
    diagnosticsChannel.subscribe(LEFT_OUT.name, this.#onLeftOut);
  }

  #start(response) {
    this.#inFlight++;
    this.#begun++;
    if (this.#begun % this.#stride === 0) response[BEGUN] = performance.now();
    response.on('close', this.#onClose);
  }

  #end(response) {
    this.#inFlight--;
    const begun = response[BEGUN];
    if (begun === undefined) return;
    this.#latencies[this.#measured % SAMPLES] = performance.now() - begun;
    this.#measured++;
  }

  /** As if it had not begun. */
  #leaveOut(response) {
    if (!response.listeners('close').includes(this.#onClose)) return;
    response.removeListener('close', this.#onClose);
    this.#inFlight--;
    this.#begun = Math.max(0, this.#begun - 1);
  }

  /**
   * What happened since the last call.
   *
   * @param {Float64Array} row filled from `at` on: in flight, begun a second, mean and 99th percentile of
   *   the latency in ms (NaN where none was measured)
   * @param {number} at
   * @param {number} seconds since the last call
   */
  read(row, at, seconds) {
    row[at] = this.#inFlight;
    row[at + 1] = seconds > 0 ? this.#begun / seconds : NaN;
    this.#readLatencies(row, at + 2);
    // About as many measured in the next reading as there is room for.
    this.#stride = Math.max(1, Math.ceil(this.#begun / SAMPLES));
    this.#begun = 0;
    this.#measured = 0;
  }

  #readLatencies(row, at) {
    const count = Math.min(this.#measured, SAMPLES);
    this.#sorted.fill(Infinity);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      sum += this.#latencies[i];
      this.#sorted[i] = this.#latencies[i];
    }
    row[at] = count > 0 ? sum / count : NaN;
    this.#sorted.sort();
    row[at + 1] = count > 0 ? this.#sorted[Math.ceil(count * 0.99) - 1] : NaN;
  }

  stop() {
    diagnosticsChannel.unsubscribe(CHANNEL, this.#onStart);
    diagnosticsChannel.unsubscribe(LEFT_OUT.name, this.#onLeftOut);
  }
}

/**
 * Has a request counted by nobody: one to rsprof itself, whose events stay open for as long as somebody looks, and
 * whose "latency" would fire rules.
 *
 * @param {import('node:http').ServerResponse} response that has begun
 */
function leaveOut(response) {
  if (LEFT_OUT.hasSubscribers) LEFT_OUT.publish({ response });
}

module.exports = { RequestCounter, leaveOut };
