'use strict';

// Sessions in many places: every plugin is a module of its own and keeps the sessions it has started in
// a Map of its own. No object holds much; all of them together do.

const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const v8 = require('node:v8');

const { serveLines } = require('../../../examples/leaks/support/traffic.js');

const PLUGINS = 80;
const SESSIONS = 20_000;

class Session {
  constructor(user) {
    this.user = user;
    this.token = crypto.randomBytes(150).toString('hex');
    this.rights = ['read', 'write'];
  }
}
global.Session = Session;

const SOURCE = `'use strict';
const started = new Map();
exports.start = function start(user) {
  started.set(user, new Session(user));
};
`;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-plugins-'));

function loadPlugin(at) {
  const file = path.join(folder, `plugin-${at}.js`);
  fs.writeFileSync(file, SOURCE);
  return require(file).start;
}

const starts = Array.from({ length: PLUGINS }, (_, at) => loadPlugin(at));
fs.rmSync(folder, { recursive: true });
let visits = 0;

function onLine(line) {
  starts[visits++ % PLUGINS](JSON.parse(line));
}

serveLines(onLine, SESSIONS, (n) => `"user ${n}"`).then(() => {
  console.log(v8.writeHeapSnapshot(process.argv[2]));
  process.exit();
});
