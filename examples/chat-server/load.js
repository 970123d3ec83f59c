'use strict';

// People who chat: many listen, one talks, at a steady rate; who gets no answer waits.

const net = require('node:net');
const { once } = require('node:events');

const TEXT = 'the weather is fine, the server is not; '.repeat(5);

class Load {
  #sockets = [];
  #timer;
  #sent = 0;
  #waiting = false;

  /** @param {{ port: number, people: number, rate: number }} how `rate`: messages a second */
  constructor({ port, people, rate }) {
    this.port = port;
    this.people = people;
    this.rate = rate;
  }

  async start() {
    for (let i = 0; i < this.people; i++) {
      const socket = net.connect(this.port, '127.0.0.1');
      socket.on('error', () => {}).resume();
      await once(socket, 'connect');
      this.#sockets.push(socket);
    }
    this.#timer = setInterval(() => this.#talk(), 1000 / this.rate);
  }

  #talk() {
    if (this.#waiting) return;
    this.#waiting = true;
    const [first, second] = this.#sockets;
    first.once('data', () => {
      this.#waiting = false;
    });
    first.write(`${JSON.stringify({ text: TEXT })}\n`);
    // One in eight is followed by one for a single person.
    const to = `guest ${second.localPort}`;
    if (this.#sent++ % 8 === 0) first.write(`${JSON.stringify({ to, text: TEXT })}\n`);
  }

  stop() {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
  }
}

module.exports = { Load };
