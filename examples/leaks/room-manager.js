'use strict';

// A chat server. Each line from the front end opens a room, which is closed at once; Manager.close()
// marks the room and forgets to forget it.
//
//   node examples/leaks/room-manager.js FILE [array|map]

const v8 = require('node:v8');

const { serveLines } = require('./support/traffic.js');

const [, , file, collection = 'array'] = process.argv;
const ROOMS = 31_356;

class Room {
  constructor({ topic, owner }) {
    this.topic = topic;
    this.owner = owner;
    this.guests = [];
    this.closed = false;
  }
}

class Manager {
  constructor() {
    this.rooms = collection === 'map' ? new Map() : [];
    this.opened = 0;
  }

  open(order) {
    const room = new Room(order);
    this.opened++;
    if (collection === 'map') this.rooms.set(`room ${this.opened}`, room);
    else this.rooms.push(room);
    return room;
  }

  close(room) {
    room.closed = true;
    // The leak: the room stays in this.rooms.
  }
}

const manager = new Manager();

function onLine(line) {
  manager.close(manager.open(JSON.parse(line)));
}

function order(n) {
  return JSON.stringify({ topic: `topic ${n}: ${'weather '.repeat(24)}`, owner: `guest ${n}` });
}

serveLines(onLine, ROOMS, order).then(() => {
  console.log(v8.writeHeapSnapshot(file));
  process.exit();
});
