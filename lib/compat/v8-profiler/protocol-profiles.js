'use strict';

/**
 * Profiles of the DevTools protocol as the addon would write them, see `src/export/raw.rs`.
 *
 * @module
 */

const Module = require('node:module');
const { fileURLToPath } = require('node:url');

/**
 * The name of a script. V8's inspector makes a URL of a path: it is one again where a file of that path was
 * loaded by `require`; an ES module has a URL for its name.
 */
function scriptName(url) {
  if (!url.startsWith('file://')) return url;
  try {
    const file = fileURLToPath(url);
    return Object.hasOwn(Module._cache, file) ? file : url;
  } catch {
    return url;
  }
}

/** Names by URL: a profile has few scripts and many nodes. */
function scriptNames() {
  const known = new Map();
  return (url) => {
    if (!known.has(url)) known.set(url, scriptName(url));
    return known.get(url);
  };
}

function cpuRow(node, nameOf) {
  const { functionName, url, lineNumber, columnNumber, scriptId } = node.callFrame;
  const ticks = (node.positionTicks ?? []).flatMap(({ line, ticks }) => [line, ticks]);
  return [
    node.id,
    node.hitCount ?? 0,
    functionName,
    nameOf(url),
    lineNumber + 1,
    columnNumber + 1,
    Number(scriptId),
    node.deoptReason ?? '',
    ticks,
    node.children ?? [],
  ];
}

/**
 * @param {object} profile `Profiler.Profile`
 * @param {boolean} records whether samples are wanted
 */
function rawCpuProfile(profile, records) {
  const { startTime, endTime, nodes, samples = [], timeDeltas = [] } = profile;
  const nameOf = scriptNames();
  let time = startTime;
  const timestamps = timeDeltas.map((delta) => {
    time += delta;
    return time;
  });
  return {
    startTime,
    endTime,
    nodes: nodes.map((node) => cpuRow(node, nameOf)),
    samples: records ? samples : [],
    timestamps: records ? timestamps : [],
  };
}

/** Each text once, by its place. */
class Names {
  list = [];
  #places = new Map();

  placeOf(text) {
    if (!this.#places.has(text)) this.#places.set(text, this.list.push(text) - 1);
    return this.#places.get(text);
  }
}

/** @param {object} profile `HeapProfiler.SamplingHeapProfile` */
function rawHeapProfile({ head }) {
  const names = new Names();
  const nameOf = scriptNames();
  const nodes = [];
  const pending = [{ node: head, parent: undefined }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { functionName, url, lineNumber, columnNumber, scriptId } = next.node.callFrame;
    const row = [
      names.placeOf(functionName),
      names.placeOf(nameOf(url)),
      Number(scriptId),
      lineNumber + 1,
      columnNumber + 1,
      next.node.selfSize,
      [],
    ];
    next.parent?.push(nodes.length);
    nodes.push(row);
    for (const child of [...next.node.children].reverse()) {
      pending.push({ node: child, parent: row.at(-1) });
    }
  }
  return { names: names.list, nodes };
}

module.exports = { rawCpuProfile, rawHeapProfile };
