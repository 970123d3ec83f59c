'use strict';

/**
 * A CPU profile of V8 or Node as a `.cpuprofile`: `Profiler.Profile` of the DevTools protocol.
 *
 * @module
 */

const { callFrame } = require('./call-frame.js');
const { FunctionWeights } = require('./top-functions.js');

/** Entries of V8's that are no functions. */
const NOT_FUNCTIONS = new Set(['(root)', '(idle)']);

/** Ticks by line. Node 26's own profiler gives one entry a column, without the column. */
function mergedTicks(ticks) {
  const byLine = new Map();
  for (const { line, ticks: count } of ticks) byLine.set(line, (byLine.get(line) ?? 0) + count);
  return Array.from(byLine, ([line, count]) => ({ line, ticks: count }));
}

function fileNode(node, frame) {
  const { id, hitCount = 0, children = [], deoptReason, positionTicks } = node;
  const written = { id, callFrame: frame, hitCount, children };
  if (deoptReason) written.deoptReason = deoptReason;
  if (positionTicks?.length) written.positionTicks = mergedTicks(positionTicks);
  return written;
}

class CpuProfile {
  #profile;
  #maxSamples;
  #missed;
  #hits = 0;
  #weights = new FunctionWeights();

  /**
   * @param {object} profile in the protocol's shape
   * @param {number} maxSamples samples that are written at most
   * @param {number} missed samples that were not taken for the same reason
   */
  constructor(profile, maxSamples, missed = 0) {
    this.#profile = profile;
    this.#missed = missed;
    this.#maxSamples = maxSamples;
  }

  /** @param {import('./json-writer.js').JsonWriter} json */
  async write(json) {
    const { startTime, endTime, samples = [], timeDeltas = [] } = this.#profile;
    await json.write('{"nodes":[');
    await this.#writeNodes(json);
    await json.write(`],"startTime":${startTime},"endTime":${endTime},"samples":[`);
    await json.writeNumbers(samples.slice(0, this.#maxSamples));
    await json.write('],"timeDeltas":[');
    await json.writeNumbers(timeDeltas.slice(0, this.#maxSamples));
    await json.write(']}');
    await json.flush();
  }

  async #writeNodes(json) {
    let comma = '';
    for (const node of this.#profile.nodes) {
      const frame = callFrame(node.callFrame);
      this.#count(frame, node.hitCount ?? 0);
      const waiting = json.write(comma + JSON.stringify(fileNode(node, frame)));
      if (waiting) await waiting;
      comma = ',';
    }
  }

  #count(frame, hits) {
    this.#hits += hits;
    if (!NOT_FUNCTIONS.has(frame.functionName)) this.#weights.add(frame, hits);
  }

  /** Valid once it was written. */
  figures() {
    const { nodes, samples = [], startTime, endTime } = this.#profile;
    return {
      nodeCount: nodes.length,
      sampleCount: Math.min(samples.length, this.#maxSamples),
      truncated: this.#missed + this.#cutOff(samples.length),
      startTime,
      endTime,
      topFunctions: this.#topFunctions((endTime - startTime) / 1000),
    };
  }

  /** Samples that are not in the file. V8's tree counts hits on where the profiler itself keeps the cap. */
  #cutOff(taken) {
    if (taken < this.#maxSamples) return 0;
    return Math.max(taken, this.#hits) - this.#maxSamples;
  }

  #topFunctions(totalMs) {
    return this.#weights.top().map(({ weight, ...place }) => ({
      ...place,
      selfMs: (weight * totalMs) / this.#hits,
      share: weight / this.#weights.total,
    }));
  }
}

module.exports = { CpuProfile };
