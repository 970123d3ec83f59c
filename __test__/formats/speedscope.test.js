'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');

const rsprof = require('../..');
const busy = require('../support/busy.js');
const { loadImporter } = require('../support/speedscope.js');
const { tempDir } = require('../support/tempdir.js');
const { unpackFile } = require('../support/unpack.js');

const importProfile = loadImporter();

/** What speedscope makes of a file: the only profile in it and its frames by name. */
async function open(file) {
  const name = path.basename(file).replace(/\.gz$/, '');
  const { profiles } = await importProfile(name, unpackFile(file).toString('utf8'));
  assert.equal(profiles.length, 1);
  const frames = new Map();
  profiles[0].forEachFrame((frame) => frames.set(frame.name, frame));
  return { profile: profiles[0], frames };
}

test("speedscope's importer opens a CPU profile: the busy function with its time, file and line", async (t) => {
  const handle = rsprof.startCpuProfile({ dir: tempDir(t) });
  busy.plantedBusy(300);
  const result = await handle.stop();
  const { profile, frames } = await open(result.path);
  const frame = frames.get('plantedBusy');
  assert.ok(frame.getSelfWeight() > 50_000, `${frame.getSelfWeight()} us`);
  assert.ok(frame.file.endsWith('/support/busy.js'), frame.file);
  assert.ok(profile.getTotalWeight() > 200_000, `${profile.getTotalWeight()} us in all`);
});

test("speedscope's importer opens an allocation profile: the function that allocates", async (t) => {
  const handle = rsprof.startHeapProfile({ dir: tempDir(t), interval: 16_384 });
  const kept = busy.plantedAllocator(10);
  const result = await handle.stop();
  assert.ok(kept.length > 0);
  const { frames } = await open(result.path);
  assert.ok(frames.get('plantedAllocator').getSelfWeight() > 5e6);
});
