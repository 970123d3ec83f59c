'use strict';

class Message {
  constructor(author, text) {
    this.author = author;
    this.text = text;
  }
}

/** One room: who is in it and what was said. */
class Room {
  constructor(id, topic) {
    this.id = id;
    this.topic = topic;
    this.members = [];
    this.messages = [];
    this.closed = false;
  }

  join(name) {
    this.members.push(name);
  }

  say(name, text) {
    this.messages.push(new Message(name, text));
  }
}

/** Opens and closes rooms. This is where the server leaks: close() forgets to forget. */
class Manager {
  constructor() {
    this.rooms = new Map();
    this.open = 0;
    this.nextId = 1;
  }

  openRoom(topic) {
    const room = new Room(this.nextId++, topic);
    this.rooms.set(room.id, room);
    this.open++;
    return room;
  }

  closeRoom(room) {
    room.closed = true;
    this.open--;
    // The leak: `this.rooms.delete(room.id)` is missing.
  }
}

module.exports = { Manager, Message, Room };
