'use strict';

/** Two snapshots of one process with a leak, made once for each test file. */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { runNode } = require('../support/child.js');

/** What a user of a server could name a property. */
const HOSTILE = '\u001b[31mred\u009b2J\u202e<img src=x onerror=alert(1)>|`@octocat';

const SCRIPT = `
  const v8 = require('node:v8');
  const [early, late] = process.argv.slice(1);
  class Message { constructor(at) { this.text = 'message number ' + at + ' of a room that nobody leaves'; } }
  class Room { constructor(at) { this.messages = [new Message(at), new Message(-at)]; } }
  class Manager { rooms = []; open(count) { while (count-- > 0) this.rooms.push(new Room(this.rooms.length)); } }
  globalThis.manager = new Manager();
  globalThis.manager.open(5000);
  v8.writeHeapSnapshot(early);
  globalThis.manager.open(25000);
  globalThis[${JSON.stringify(HOSTILE)}] = new Manager();
  globalThis[${JSON.stringify(HOSTILE)}].open(20000);
  v8.writeHeapSnapshot(late);
`;

/**
 * @returns {Promise<{ dir: string, early: string, late: string, remove(): void }>} a folder of its own and
 *   the files: 5,000 rooms, then 50,000
 */
async function makeSnapshots() {
  const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-cli-')));
  const [early, late] = ['early', 'late'].map((name) => path.join(dir, `${name}.heapsnapshot`));
  await runNode(SCRIPT, { args: [early, late], preamble: '' });
  const remove = () => fs.rmSync(dir, { recursive: true, force: true });
  return { dir, early, late, remove };
}

module.exports = { HOSTILE, makeSnapshots };
