'use strict';

const http = require('node:http');

/** Sends a request; gives the parsed JSON of the answer. An answer of 400 or more is an error. */
function request(port, method, path, agent) {
  return new Promise((resolve, reject) => {
    const sent = http.request({ host: '127.0.0.1', port, method, path, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        const body = JSON.parse(text);
        if (response.statusCode < 400) resolve(body);
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${body.error}`));
      });
    });
    sent.on('error', reject).end();
  });
}

/** Steady load on one route: `rate` requests a second, each one timed from when it was due. */
class Load {
  constructor(port, { method, path, rate }) {
    this.port = port;
    this.method = method;
    this.path = path;
    this.rate = rate;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    this.failures = 0;
    this.pending = new Set();
    this.latencies = [];
  }

  start() {
    const begin = performance.now();
    let sent = 0;
    this.timer = setInterval(() => {
      const due = Math.floor(((performance.now() - begin) / 1000) * this.rate);
      for (; sent < due; sent++) this.#send(begin + (sent / this.rate) * 1000);
    }, 5);
  }

  #send(due) {
    const done = request(this.port, this.method, this.path, this.agent).then(
      () => this.latencies.push(performance.now() - due),
      () => this.failures++,
    );
    this.pending.add(done);
    done.then(() => this.pending.delete(done));
  }

  /** Runs `work` and gives what requests went through meanwhile: `{ result, count, worst, median }`. */
  async during(work) {
    await Promise.all(this.pending);
    this.latencies = [];
    const result = await work();
    await Promise.all(this.pending);
    const sorted = [...this.latencies].sort((a, b) => a - b);
    return {
      result,
      count: sorted.length,
      worst: sorted.at(-1) ?? 0,
      median: sorted[sorted.length >> 1] ?? 0,
    };
  }

  async stop() {
    clearInterval(this.timer);
    await Promise.all(this.pending);
    this.agent.destroy();
  }
}

module.exports = { Load, request };
