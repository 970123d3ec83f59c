'use strict';

// A heap of a given size, made of what services keep: records with text, numbers, lists and links.

const WORDS = 'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi'.split(' ');

class Customer {
  constructor(id, random) {
    this.id = id;
    this.name = `customer ${id}`;
    this.note = text(random, 80);
    this.orders = [new Order(this, id * 2), new Order(this, id * 2 + 1)];
    this.score = random() * 100;
  }
}

class Order {
  constructor(customer, number) {
    this.customer = customer;
    this.number = number;
    this.lines = [number % 7, number % 11, number % 13];
  }
}

/** Text of about 6 bytes a word, like sentences: no two are alike, and it compresses like text. */
function text(random, words) {
  const parts = [];
  for (let i = 0; i < words; i++) parts.push(WORDS[Math.floor(random() * WORDS.length)]);
  return Buffer.from(parts.join(' ')).toString('latin1');
}

/** The same numbers in every process (mulberry32). */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fills `globalThis.benchHeap` until the heap holds `megabytes`; gives the heap used in bytes. */
function fillHeap(megabytes) {
  const random = randomFrom(42);
  const customers = [];
  globalThis.benchHeap = customers;
  const limit = megabytes * 2 ** 20;
  let used = 0;
  while (used < limit) {
    for (let i = 0; i < 1000; i++) customers.push(new Customer(customers.length, random));
    if (customers.length % 10_000 === 0) global.gc();
    used = process.memoryUsage().heapUsed;
  }
  global.gc();
  return process.memoryUsage().heapUsed;
}

module.exports = { fillHeap, randomFrom, text };
