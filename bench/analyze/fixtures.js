'use strict';

// The snapshot files that are analysed: two of one process for each size, made once by the rooms
// program on the Node 20 line and kept in .cache/bench-heaps. 1450 MB takes minutes and 7 GB.

const fs = require('node:fs');
const path = require('node:path');
const { pipeline } = require('node:stream/promises');
const zlib = require('node:zlib');

const { ensureNodes } = require('../../scripts/nodes.js');
const { must, root } = require('../../scripts/support/run.js');

const MAKER_LINE = '20.';
/** Rooms in the files of the sizes that the figures are given for; in between it is in proportion. */
const ROOMS = { 35: 3470, 290: 31_356, 1450: 150_000 };
const ROOMS_PER_MB = 106;
const folder = path.join(root, '.cache', 'bench-heaps');

/** `{ before, after, gzip }`: the paths of the files of a size in MB, made where they are missing. */
async function ensureFixture(size, log) {
  const before = path.join(folder, `${size}-a.heapsnapshot`);
  const after = path.join(folder, `${size}-b.heapsnapshot`);
  const gzip = `${before}.gz`;
  if (!fs.existsSync(before) || !fs.existsSync(after)) await makePair(size, before, after, log);
  if (!fs.existsSync(gzip)) await compress(before, gzip, log);
  return { before, after, gzip };
}

async function makePair(size, before, after, log) {
  const { node } = (await ensureNodes(log)).find(({ version }) => version.startsWith(MAKER_LINE));
  const rooms = ROOMS[size] ?? Math.round(size * ROOMS_PER_MB);
  log(`making two snapshots of about ${size} MB: ${rooms} rooms`);
  fs.mkdirSync(folder, { recursive: true });
  const partial = [`${before}.partial`, `${after}.partial`];
  const script = path.join(__dirname, 'rooms.js');
  const args = ['--expose-gc', '--max-old-space-size=8000', script, String(rooms), ...partial];
  await must('making the snapshots', node, args, { timeout: 60 * 60_000 });
  fs.renameSync(partial[0], before);
  fs.renameSync(partial[1], after);
}

async function compress(file, gzip, log) {
  log(`compressing ${path.basename(file)}`);
  const partial = `${gzip}.partial`;
  await pipeline(fs.createReadStream(file), zlib.createGzip(), fs.createWriteStream(partial));
  fs.renameSync(partial, gzip);
}

/** Reads the files once, so that every contender finds them in the page cache. */
async function warm(files) {
  for (const file of files) {
    for await (const _ of fs.createReadStream(file, { highWaterMark: 2 ** 20 }));
  }
}

module.exports = { ensureFixture, warm };
