'use strict';

/**
 * What happened when, in a fixed number of steps: as time goes on the steps get longer, not more.
 *
 * @module
 */

/** Even, so that pairs can be joined. */
const STEPS = 120;

const FIRST_STEP_MS = 100;

function emptyStep() {
  return { kinds: {}, peak: 0, floor: Number.POSITIVE_INFINITY };
}

/** Adds what `from` has to `into`. */
function join(into, from) {
  for (const [kind, { count, ms }] of Object.entries(from.kinds)) tally(into, kind, count, ms);
  into.peak = Math.max(into.peak, from.peak);
  into.floor = Math.min(into.floor, from.floor);
}

function tally(step, kind, count, ms) {
  step.kinds[kind] ??= { count: 0, ms: 0 };
  step.kinds[kind].count += count;
  step.kinds[kind].ms += ms;
}

class GcTimeline {
  /** Milliseconds of a step. */
  stepMs = FIRST_STEP_MS;

  /** The steps so far, at most {@link STEPS}. */
  steps = [];

  /** @param {{ kind: string, ms: number, before: object, after: object }} collection */
  add(collection, atMs) {
    const step = this.#stepAt(atMs);
    tally(step, collection.kind, 1, collection.ms);
    step.peak = Math.max(step.peak, collection.before.used);
    if (collection.kind === 'markSweepCompact') {
      step.floor = Math.min(step.floor, collection.after.old);
    }
  }

  #stepAt(atMs) {
    while (atMs >= this.stepMs * STEPS) this.#joinPairs();
    const at = Math.floor(atMs / this.stepMs);
    while (this.steps.length <= at) this.steps.push(emptyStep());
    return this.steps[at];
  }

  #joinPairs() {
    const joined = [];
    this.steps.forEach((step, at) => {
      if (at % 2 === 0) joined.push(step);
      else join(joined.at(-1), step);
    });
    this.steps = joined;
    this.stepMs *= 2;
  }

  /** What the old generation fell to in the steps that had a full collection: `{ ms, bytes }` at their middle. */
  floors() {
    const points = this.steps.map(({ floor }, at) => ({
      ms: (at + 0.5) * this.stepMs,
      bytes: floor,
    }));
    return points.filter(({ bytes }) => Number.isFinite(bytes));
  }

  /** Count and time of `kind` in the first and in the last half of `durationMs`. */
  halves(kind, durationMs) {
    const halves = [
      { count: 0, ms: 0 },
      { count: 0, ms: 0 },
    ];
    this.steps.forEach(({ kinds }, at) => {
      const half = halves[(at + 0.5) * this.stepMs < durationMs / 2 ? 0 : 1];
      half.count += kinds[kind]?.count ?? 0;
      half.ms += kinds[kind]?.ms ?? 0;
    });
    return halves;
  }
}

module.exports = { GcTimeline, STEPS };
