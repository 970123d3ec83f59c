'use strict';

/** Own weights by function's name, worked out by hand from a flat .cpuprofile or nested .heapprofile. */
function sumsOf(profile) {
  return profile.head ? bytesOf(profile.head) : timesOf(profile);
}

function bytesOf(head) {
  const sums = new Map();
  const pending = [head];
  while (pending.length > 0) {
    const { callFrame, selfSize, children } = pending.pop();
    add(sums, callFrame.functionName, selfSize);
    pending.push(...children);
  }
  return sums;
}

/** A sample lasts until the next one, the last one as long as the average; microseconds. */
function timesOf({ nodes, samples, timeDeltas, startTime }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  let time = startTime;
  const rows = samples.map((id, at) => {
    time += timeDeltas[at];
    return { name: names.get(id), time };
  });
  rows.sort((a, b) => a.time - b.time);
  const average = Math.floor((rows.at(-1).time - rows[0].time) / (rows.length - 1));
  const sums = new Map();
  rows.forEach(({ name, time: now }, at) => {
    add(sums, name, at + 1 < rows.length ? rows[at + 1].time - now : average);
  });
  return sums;
}

function add(sums, name, weight) {
  if (weight > 0) sums.set(name, (sums.get(name) ?? 0) + weight);
}

/** The same without what nobody does. */
function busySums(profile) {
  const sums = sumsOf(profile);
  sums.delete('(idle)');
  sums.delete('(root)');
  return sums;
}

const total = (sums) => [...sums.values()].reduce((sum, weight) => sum + weight, 0);

module.exports = { add, busySums, sumsOf, total };
