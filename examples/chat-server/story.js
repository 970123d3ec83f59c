'use strict';

// The story of `pack`: a profile under load, the verdict, the fix, a second profile, what changed.
//
//   node examples/chat-server/story.js [folder for the profiles]

const { fork } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const rsprof = require('../..');
const { Load } = require('./load.js');

const PEOPLE = 100;
const RATE = 40;
const WARM_UP_MS = 1000;

/** Profiles a server under load for some seconds. */
async function profile(file, { args = [], seconds = 4 } = {}) {
  const server = fork(path.join(__dirname, 'server.js'), args);
  try {
    const [{ port }] = await once(server, 'message');
    const load = new Load({ port, people: PEOPLE, rate: RATE });
    await load.start();
    await delay(WARM_UP_MS);
    server.send({ path: file, seconds });
    await once(server, 'message');
    load.stop();
  } finally {
    if (server.connected) server.disconnect();
  }
}

/** Both profiles, their verdicts, and what changed between them. */
async function tell(dir) {
  const before = path.join(dir, 'before.cpuprofile.gz');
  const after = path.join(dir, 'after.cpuprofile.gz');
  await profile(before);
  await profile(after, { args: ['--pack-once'] });
  return {
    before: await rsprof.analyze(before),
    after: await rsprof.analyze(after),
    diff: await rsprof.diff(before, after),
  };
}

async function main() {
  const dir = process.argv[2] ?? fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-chat-'));
  const { before, after, diff } = await tell(dir);
  console.log(`${PEOPLE} people in a room, ${RATE} messages a second.\n`);
  console.log(`Before: ${before.verdict}`);
  console.log(`To do:  ${before.findings[0]?.advice}\n`);
  console.log(`After:  ${after.verdict}\n`);
  console.log(`Change: ${diff.verdict}`);
  console.log(`\nnpx rsprof analyze ${before.file.path}`);
}

if (require.main === module) {
  main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}

module.exports = { tell };
