'use strict';

// A room of a chat. Everybody in it listens to its messages.

const { EventEmitter } = require('node:events');
const { pack } = require('./pack.js');

/** What everybody is told of a person with each message. */
const profileOf = (name) => ({ name, badges: Array.from({ length: 600 }, (_, i) => `badge ${i}`) });

class Room extends EventEmitter {
  members = new Map();

  /** @param {{ packOnce: boolean }} how whether a message is packed once, or once for each listener */
  constructor({ packOnce }) {
    super();
    this.setMaxListeners(0);
    this.packOnce = packOnce;
  }

  /** Has `write` called with the bytes of every message, until what it returns is called. */
  join(name, write) {
    const onMessage = (message) => write(Buffer.isBuffer(message) ? message : pack(message));
    this.on('message', onMessage);
    this.members.set(name, write);
    return () => {
      this.off('message', onMessage);
      this.members.delete(name);
    };
  }
}

/** To everybody. Here is what the profile finds: the listeners pack, each for itself. */
function sendChatroomMsg(room, from, text) {
  const message = { kind: 'room', from: profileOf(from), text, at: Date.now() };
  room.emit('message', room.packOnce ? pack(message) : message);
}

/** To one. */
function sendPrivateMsg(room, from, to, text) {
  const message = { kind: 'private', from: profileOf(from), text, at: Date.now() };
  room.members.get(to)?.(pack(message));
}

/** To the one who came last. */
function sendNotice(room, text) {
  const [write] = [...room.members.values()].slice(-1);
  write?.(pack({ kind: 'notice', text, at: Date.now() }));
}

module.exports = { Room, sendChatroomMsg, sendNotice, sendPrivateMsg };
