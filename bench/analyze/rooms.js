'use strict';

// The heap that is analysed: a chat service whose Manager never lets a Room go. Many small objects of
// the kinds that services keep: classes, plain objects, Maps, Sets, closures over shared contexts,
// strings (flat, joined and cut), dates, buffers, promises, weak references.
//
//   node --expose-gc rooms.js ROOMS A B      two snapshots of one process; B after some rooms came and went

const fs = require('node:fs');
const { EventEmitter } = require('node:events');
const v8 = require('node:v8');

const { randomFrom, text } = require('../support/heap.js');

const COUNTRIES = ['de', 'fr', 'jp', 'us', 'br', 'in', 'ng'];
const ADDED_SHARE = 0.05;
const REMOVED_SHARE = 0.02;
const random = randomFrom(42);
const whole = (limit) => Math.floor(random() * limit);

class Position {
  constructor() {
    this.x = random() * 100;
    this.y = random() * 100;
  }
}

class User {
  constructor(room, number) {
    this.room = room;
    this.name = `user-${room.id}-${number}`;
    this.country = COUNTRIES[whole(COUNTRIES.length)];
    this.position = new Position();
    this.settings = {
      theme: number % 2 ? 'dark' : 'light',
      volume: number,
      muted: number % 3 === 0,
    };
  }
}

class Message {
  constructor(author, body) {
    this.author = author;
    this.body = body;
    this.at = new Date(1.7e12 + whole(1e9));
    this.reactions = [whole(9), whole(9)];
  }
}

class Room {
  constructor(manager, id) {
    this.manager = manager;
    this.id = id;
    this.name = `room ${id}`;
    this.topic = text(random, 12);
    this.title = `${this.topic.slice(0, 30)} (${this.name})`;
    this.users = new Map();
    for (let i = 0; i < 6; i++) this.join(i);
    this.messages = Array.from({ length: 8 }, () => this.say(text(random, 6)));
    this.tags = new Set([`tag ${id % 500}`, `tag ${id % 37}`, id]);
    this.seen = new WeakMap([[this.messages[0], { by: id }]]);
    this.lookup = {
      [`key${id % 40}`]: { value: id, next: null },
      list: [{ a: id }, { a: id + 1 }],
    };
    this.handlers = handlersOf(this, { sent: 0, last: null });
    this.ready = Promise.resolve(this.name);
    if (id % 50 === 0) this.avatar = Buffer.alloc(64 + whole(200), id);
    if (id % 20 === 0) this.pattern = new RegExp(`^${id}-`, 'u');
    if (id % 10 === 0) this.samples = new Float64Array(8).fill(random());
  }

  join(number) {
    const user = new User(this, number);
    this.users.set(user.name, user);
  }

  say(body) {
    const authors = [...this.users.values()];
    return new Message(authors[whole(authors.length)], body);
  }
}

/** Three closures that share one context. */
function handlersOf(room, state) {
  return {
    message: (body) => {
      state.sent += 1;
      state.last = room.say(body);
    },
    joined: (number) => room.join(number),
    count: () => state.sent,
  };
}

class Manager {
  constructor() {
    this.rooms = [];
    this.events = new EventEmitter().setMaxListeners(0);
    this.nextId = 0;
  }

  add(count) {
    for (let i = 0; i < count; i++) this.rooms.push(new Room(this, this.nextId++));
  }

  remove(count) {
    const step = Math.floor(this.rooms.length / count);
    this.rooms = this.rooms.filter((_, at) => at % step !== 0 || at / step >= count);
  }
}

function main([rooms, before, after]) {
  const manager = new Manager();
  global.manager = manager;
  manager.add(Number(rooms));
  write(before);
  manager.remove(Math.round(rooms * REMOVED_SHARE));
  manager.add(Math.round(rooms * ADDED_SHARE));
  write(after);
}

function write(file) {
  global.gc();
  v8.writeHeapSnapshot(file);
  const { heapUsed } = process.memoryUsage();
  console.log(JSON.stringify({ file, bytes: fs.statSync(file).size, heapUsed }));
}

main(process.argv.slice(2));
