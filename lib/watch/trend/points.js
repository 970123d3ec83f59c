'use strict';

/**
 * The series of floors in memory of a fixed size. Time is cut into slots, each slot is one point: the mean of what
 * fell into it. When there is no room, slots become twice as wide and neighbours are joined, so that the
 * points always cover everything at an even pace; at the widest the oldest point goes instead. A mean of points on
 * a line lies on that line: joining does not change a slope.
 *
 * @module
 */

const CAPACITY = 256;
const NARROWEST_MS = 1000;
/** 256 of these are 24 days: three weekly waves. */
const WIDEST_MS = NARROWEST_MS * 2 ** 13;
/** After a gap that is longer than the longest memory, nothing before it is of use. */
const LONGEST_MS = WIDEST_MS * CAPACITY;

class Points {
  constructor() {
    this.times = new Float64Array(CAPACITY);
    this.floors = new Float64Array(CAPACITY);
    this.connections = new Float64Array(CAPACITY);
    this.rates = new Float64Array(CAPACITY);
    this.counts = new Float64Array(CAPACITY);
    /** How many of a point's readings had both loads. */
    this.loaded = new Float64Array(CAPACITY);
    this.reset();
  }

  reset() {
    this.length = 0;
    /** Readings ever added. */
    this.added = 0;
    /** Points ever begun: what has changed since the last look. */
    this.begun = 0;
    this.widthMs = NARROWEST_MS;
    this.origin = 0;
    this.shift = 0;
  }

  /** The time of the latest reading, as the series counts it. */
  get last() {
    return this.length === 0 ? Number.NaN : this.lastTime;
  }

  add(time, floor, connections, rate) {
    const at = this.#continued(time);
    const slot = Math.floor((at - this.origin) / this.widthMs);
    const latest = this.length - 1;
    this.added += 1;
    if (latest >= 0 && slot === this.#slotOf(latest))
      this.#join(latest, at, floor, connections, rate);
    else this.#begin(at, floor, connections, rate);
  }

  /** A clock that was set back must not turn the series round: it goes on from where it was. */
  #continued(time) {
    let at = time + this.shift;
    if (this.length > 0 && at - this.lastTime > LONGEST_MS) this.reset();
    if (this.length === 0) {
      this.shift = 0;
      this.origin = time;
      at = time;
    } else if (at < this.lastTime) {
      this.shift = this.lastTime - time;
      at = this.lastTime;
    }
    this.lastTime = at;
    return at;
  }

  #slotOf(at) {
    return Math.floor((this.times[at] - this.origin) / this.widthMs);
  }

  #begin(time, floor, connections, rate) {
    if (this.length === CAPACITY) this.#makeRoom();
    const at = this.length;
    this.length += 1;
    this.begun += 1;
    const known = !Number.isNaN(connections + rate);
    this.times[at] = time;
    this.floors[at] = floor;
    this.connections[at] = known ? connections : 0;
    this.rates[at] = known ? rate : 0;
    this.counts[at] = 1;
    this.loaded[at] = known ? 1 : 0;
  }

  #join(at, time, floor, connections, rate) {
    const count = this.counts[at] + 1;
    this.counts[at] = count;
    this.times[at] += (time - this.times[at]) / count;
    this.floors[at] += (floor - this.floors[at]) / count;
    if (Number.isNaN(connections + rate)) return;
    const loaded = this.loaded[at] + 1;
    this.loaded[at] = loaded;
    this.connections[at] += (connections - this.connections[at]) / loaded;
    this.rates[at] += (rate - this.rates[at]) / loaded;
  }

  #makeRoom() {
    while (this.length === CAPACITY && this.widthMs < WIDEST_MS) {
      this.widthMs *= 2;
      this.#joinNeighbours();
    }
    if (this.length === CAPACITY) this.#dropOldest();
  }

  #joinNeighbours() {
    let kept = 0;
    for (let at = 1; at < this.length; at++) {
      if (this.#slotOf(kept) === this.#slotOf(at)) this.#merge(kept, at);
      else this.#move(++kept, at);
    }
    this.length = kept + 1;
  }

  /** Adds point `from` to point `into`, each counting by its readings. */
  #merge(into, from) {
    const count = this.counts[into] + this.counts[from];
    const part = this.counts[from] / count;
    this.times[into] += (this.times[from] - this.times[into]) * part;
    this.floors[into] += (this.floors[from] - this.floors[into]) * part;
    this.counts[into] = count;
    const loaded = this.loaded[into] + this.loaded[from];
    const loadedPart = loaded === 0 ? 0 : this.loaded[from] / loaded;
    this.connections[into] += (this.connections[from] - this.connections[into]) * loadedPart;
    this.rates[into] += (this.rates[from] - this.rates[into]) * loadedPart;
    this.loaded[into] = loaded;
  }

  #move(to, from) {
    this.times[to] = this.times[from];
    this.floors[to] = this.floors[from];
    this.connections[to] = this.connections[from];
    this.rates[to] = this.rates[from];
    this.counts[to] = this.counts[from];
    this.loaded[to] = this.loaded[from];
  }

  #dropOldest() {
    for (let at = 1; at < this.length; at++) this.#move(at - 1, at);
    this.length -= 1;
  }
}

module.exports = { CAPACITY, Points };
