'use strict';

// An independent judge of `.cpuprofile` files (the shape of the protocol's `Profiler.Profile`).

const assert = require('node:assert/strict');

const { unpackFile } = require('./unpack.js');

/** Reads a file, checks everything that the format promises and gives the document. */
function readCpuProfile(file) {
  const profile = JSON.parse(unpackFile(file).toString('utf8'));
  const byId = checkNodes(profile);
  checkTree(profile, byId);
  checkSamples(profile, byId);
  checkLabels(profile);
  return profile;
}

function checkNodes({ nodes }) {
  const byId = new Map();
  for (const node of nodes) {
    assert.ok(Number.isInteger(node.id) && node.id > 0, `id ${node.id}`);
    assert.ok(!byId.has(node.id), `id ${node.id} occurs twice`);
    byId.set(node.id, node);
    checkCallFrame(node.callFrame);
    // V8 also counts hits whose sample it drops, at the edges of a profile: no sum is promised.
    assert.ok(Number.isInteger(node.hitCount) && node.hitCount >= 0, `hitCount ${node.hitCount}`);
    checkTicks(node);
  }
  return byId;
}

function checkCallFrame(frame) {
  assert.equal(typeof frame.functionName, 'string');
  assert.equal(typeof frame.scriptId, 'string');
  assert.equal(typeof frame.url, 'string');
  assert.ok(Number.isInteger(frame.lineNumber) && frame.lineNumber >= -1);
  assert.ok(Number.isInteger(frame.columnNumber) && frame.columnNumber >= -1);
  assert.ok(!frame.url.startsWith('/'), `an absolute path is a URL: ${frame.url}`);
}

function checkTicks({ positionTicks, hitCount, id }) {
  if (positionTicks === undefined) return;
  let sum = 0;
  for (const { line, ticks } of positionTicks) {
    assert.ok(Number.isInteger(line) && line >= 0, `line ${line} of node ${id}`);
    assert.ok(Number.isInteger(ticks) && ticks > 0, `ticks ${ticks} of node ${id}`);
    sum += ticks;
  }
  assert.ok(sum <= hitCount, `node ${id} has ${sum} position ticks in ${hitCount} hits`);
}

/** Every node is reached from the first exactly once. */
function checkTree({ nodes }, byId) {
  assert.equal(nodes[0].callFrame.functionName, '(root)');
  const seen = new Set([nodes[0].id]);
  const queue = [nodes[0]];
  for (let at = 0; at < queue.length; at++) {
    for (const id of queue[at].children ?? []) {
      assert.ok(byId.has(id), `child ${id} exists`);
      assert.ok(!seen.has(id), `node ${id} has two parents`);
      seen.add(id);
      queue.push(byId.get(id));
    }
  }
  assert.equal(seen.size, nodes.length, 'the tree is connected');
}

function checkSamples(profile, byId) {
  const { samples, timeDeltas, startTime, endTime } = profile;
  assert.equal(samples.length, timeDeltas.length, 'a time for each sample');
  assert.ok(
    samples.every((id) => byId.has(id)),
    'samples refer to nodes',
  );
  assert.ok(timeDeltas.every(Number.isInteger), 'times are whole microseconds');
  assert.ok(startTime > 0 && endTime >= startTime, `${startTime} to ${endTime}`);
  let now = startTime;
  let latest = startTime;
  for (const delta of timeDeltas) {
    now += delta;
    // V8's sampler and its start and stop sample are two threads: order within a tick may flip.
    assert.ok(now >= latest - 10_000, `time goes back by ${latest - now} us`);
    latest = Math.max(latest, now);
  }
}

/** What rsprof adds: sets of labels, and the place of its set for each sample. */
function checkLabels({ rsprof, samples }) {
  if (rsprof === undefined) return;
  assert.deepEqual(Object.keys(rsprof), ['version', 'labels', 'labelSamples']);
  const { version, labels, labelSamples } = rsprof;
  assert.equal(version, 1);
  for (const set of labels) {
    assert.ok(Object.values(set).every((value) => typeof value === 'string') && set !== null);
  }
  assert.equal(labelSamples.length, samples.length, 'a label for each sample');
  const used = new Set(labelSamples);
  used.delete(-1);
  assert.deepEqual(
    [...used].sort((a, b) => a - b),
    [...labels.keys()],
    'every set is used',
  );
}

/** Microseconds to the next sample; of a pause in which the machine did something else, a part. */
function weightsOf({ timeDeltas }) {
  const MOST = 2000;
  return timeDeltas.map((_, index) => Math.min(Math.max(timeDeltas[index + 1] ?? 0, 0), MOST));
}

/** For each sample its weight, its labels (null for none) and the names of its stack, innermost first. */
function labelledStacks(profile) {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map();
  for (const { id, children } of profile.nodes)
    for (const child of children) parents.set(child, id);
  const stackOf = (id) =>
    id === undefined ? [] : [byId.get(id).callFrame.functionName, ...stackOf(parents.get(id))];
  const { labels = [], labelSamples = [] } = profile.rsprof ?? {};
  const weights = weightsOf(profile);
  return profile.samples.map((id, index) => ({
    weight: weights[index],
    labels: labels[labelSamples[index]] ?? null,
    stack: stackOf(id),
  }));
}

/** The nodes of one function; a name can occur at several places of the tree. */
function nodesOf(profile, functionName) {
  return profile.nodes.filter((node) => node.callFrame.functionName === functionName);
}

module.exports = { labelledStacks, readCpuProfile, nodesOf };
