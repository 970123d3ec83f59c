'use strict';

/**
 * `watch()` at work: reads, remembers, looks at the rules, fires.
 *
 * @module
 */

const { EventEmitter } = require('node:events');
const { onAbort } = require('../abort.js');
const { Announcer } = require('./announcer.js');
const { announceWatcher } = require('./current.js');
const { Engine } = require('./engine.js');
const { Firing } = require('./firing.js');
const { Followers } = require('./followers.js');
const { History } = require('./history.js');
const { LeakWatch } = require('./leak.js');
const { INDEX, METRICS, WIDTH } = require('./metrics.js');
const { readingsOf } = require('./readings.js');
const { NearHeapLimit } = require('./near-heap-limit.js');
const { PostMortem } = require('./post-mortem.js');
const { Triggers } = require('./triggers.js');
const { capturesOf, isUrgent } = require('./rule-nature.js');
const { Rehearsal } = require('./rehearsal.js');

const ASYNC_DISPOSE = Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose');

const MINUTE_MS = 60_000;

/** Readings that are kept one by one, and the minutes (or less, at a short interval) of before. */
const SLOTS = 600;
const MINUTES = 1440;

/** What a watcher remembers: at a reading a second ten minutes of them, and a day of minutes. */
function tiersOf(interval) {
  const step = interval * 1000;
  // A tier is coarser than the one before it, also where each reading is a minute.
  const coarse = step < MINUTE_MS ? Math.min(MINUTE_MS, step * SLOTS) : 2 * step;
  return [
    { step, slots: SLOTS },
    { step: coarse, slots: MINUTES },
  ];
}

/** Rules by what they are called. */
const byName = (rules) => new Map(rules.map((rule) => [rule.name, rule]));

class Watcher extends EventEmitter {
  #settings;
  #parts;
  #announcer;
  #history;
  #leak;
  #engine;
  #triggers;
  /** Limits of the rules that capture nothing: neither disk nor host is concerned. */
  #light;
  #blackbox;
  #timer;
  #row = new Float64Array(WIDTH);
  #startedAt = new Date();
  #firings = new Set();
  #postMortem;
  #abort = new AbortController();
  /** What a rule that is about to fire has already: the profile of the stuck loop. */
  #outputs = new Map();
  #forgetSignal = () => {};
  #followers = new Followers();
  #leaveCurrent = () => {};
  #stopped;

  /**
   * Starts watching.
   *
   * @param {object} settings of `watch()`, with the defaults; `rules` of `readRules()`
   * @param {object} parts
   * @param {import('./sampler.js').Sampler} parts.sampler
   * @param {import('./limits.js').Limits} parts.limits
   * @param {Map<string, object>} parts.baselines of `diff`, which `limits` protects
   * @param {(history: History) => object|undefined} parts.openBlackbox
   * @param {object} [parts.addon]
   * @param {Function} parts.classHistogram
   * @param {() => void} parts.leave called when it has ended
   */
  constructor(settings, parts) {
    super();
    this.#settings = settings;
    this.#parts = parts;
    this.#announcer = new Announcer(this, settings.logger, {
      record: (text) => this.#blackbox?.event(text),
      follow: (event, message) => this.#followers.event(event, message),
    });
    this.#history = new History({ tiers: tiersOf(settings.interval) });
    this.#leak = new LeakWatch(this.#history);
    this.#light = new Rehearsal(settings.rules, { total: Infinity, totalPer: 1 });
    this.#engine = this.#newEngine();
    this.#triggers = new Triggers({
      rules: settings.rules,
      pulse: (key) => this.#pulse(key),
      fail: (error) => this.#failSoon(error),
    });
    this.#start();
  }

  #newEngine() {
    return new Engine({
      rules: this.#settings.rules,
      history: this.#history,
      leak: this.#leak,
      mayFire: (rule, now) => this.#limitsOf(rule).mayFire(rule.name, now, isUrgent(rule)),
      fire: (firing) => this.#fire(firing),
    });
  }

  #limitsOf(rule) {
    return capturesOf(rule).length > 0 ? this.#parts.limits : this.#light;
  }

  #start() {
    const { interval, signal } = this.#settings;
    this.#blackbox = this.#try(() => this.#parts.openBlackbox(this.#history));
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), interval * 1000);
    this.#timer.unref();
    this.#arm();
    this.#forgetSignal = onAbort(signal, () => this.stop());
    const rules = this.#settings.rules.map(({ name }) => name);
    process.nextTick(() => this.#announcer.tell('start', { rules }));
    this.#leaveCurrent = announceWatcher(this.#watching());
  }

  /** See lib/watch/current.js. */
  #watching() {
    const { dir, interval } = this.#settings;
    return {
      dir,
      interval,
      metrics: METRICS,
      status: () => this.status(),
      latest: () => this.#row,
      rows: (windowMs) => this.#history.rows(windowMs),
      totals: () => this.#history.totals,
      occurrences: () => this.#followers.occurrences,
      follow: (follower) => this.#followers.add(follower),
    };
  }

  /** What is not there must not keep the rest from working. */
  #try(work) {
    try {
      return work();
    } catch (error) {
      this.#failSoon(error);
      return undefined;
    }
  }

  /** While it starts nobody has had a chance to listen. */
  #failSoon(error) {
    process.nextTick(() => this.#announcer.fail(error));
  }

  #arm() {
    const { addon, limits } = this.#parts;
    const { dir, dryRun, logger } = this.#settings;
    this.#triggers.armSchedules(Date.now());
    this.#triggers.armSignals();
    this.#triggers.armStuck({
      addon,
      place: { dir, minFreeDisk: this.#settings.limits.minFreeDisk, say: logger === 'stderr' },
      mayCapture: ({ name }) => !dryRun && limits.mayFire(name, Date.now(), true),
      onEpisode: (episode, late) => this.#onStuck(episode, late),
    });
    if (dryRun) return;
    this.#triggers.armNearHeapLimit((rule, options) => this.#armNearHeapLimit(rule, options));
    if (this.#settings.blackbox) this.#lookBack();
  }

  #armNearHeapLimit(rule, options) {
    const { limits } = this.#parts;
    const fail = (error) => this.#announcer.fail(error, { rule: rule.name });
    const skip = ({ limit, reason, until }) => {
      const message = {
        rule: rule.name,
        reason: 'a snapshot at the limit of the heap is not armed',
        at: new Date().toISOString(),
        dryRun: false,
        limit,
        why: reason,
        until: new Date(until).toISOString(),
      };
      this.#announcer.say('warn', 'skip', message, `rule ${rule.name} is not armed: ${reason}`);
    };
    return new NearHeapLimit({ rule, options, dir: this.#settings.dir, limits, skip, fail });
  }

  /** Tells of those who have died, and does for them what a rule had left to do. */
  #lookBack() {
    this.#postMortem = new PostMortem({
      dir: this.#settings.dir,
      onDeath: ({ path, pid, host, lastSeen, kind, text }) => {
        const lastSeenAt = new Date(lastSeen).toISOString();
        const message = { path, pid, host, lastSeenAt, kind, verdict: text };
        this.#announcer.say('warn', 'crash', message, text);
      },
      onSnapshot: (file, { pid }) => this.#finishFor(file, pid),
      fail: (error) => this.#announcer.fail(error),
    });
  }

  #finishFor(file, pid) {
    const rule = this.#triggers.nearHeapLimitRule();
    if (!rule) return;
    const outputs = { heapSnapshot: { kind: 'heapSnapshot', path: file } };
    const reason = `process ${pid} ran out of heap`;
    this.#follow(this.#newFiring({ rule, reason, now: Date.now(), outputs }).finish());
  }

  /** Nothing that goes wrong here may get into the program. */
  #tick() {
    try {
      const row = this.#row;
      this.#parts.sampler.read(row);
      this.#history.add(row);
      this.#leak.note(row);
      this.#blackbox?.add(row);
      const now = row[INDEX.time];
      this.#triggers.check(now);
      this.#engine.evaluate(now, row);
      this.#followers.row(row);
    } catch (error) {
      this.#announcer.fail(error);
    }
  }

  /** Something that is no reading: the rules are looked at with the newest one. */
  #pulse(key) {
    this.#engine.pulse(key);
    try {
      this.#engine.evaluate(Date.now(), this.#row);
    } catch (error) {
      this.#announcer.fail(error);
    }
  }

  #onStuck(episode, late) {
    this.#announcer.tell('stuck', episode);
    this.#blackbox?.event(`stuck for ${Math.round(episode.stuckMs)} ms: ${episode.verdict ?? ''}`);
    for (const { trigger, rule } of late) {
      if (episode.path)
        this.#outputs.set(rule.name, { cpuProfile: { kind: 'cpuProfile', ...episode } });
      this.#engine.pulse(trigger.key);
    }
    this.#pulse(late[0]?.trigger.key);
    this.#outputs.clear();
  }

  #fire(firing) {
    const outputs = { ...this.#outputs.get(firing.rule.name) };
    const next = this.#newFiring({ ...firing, outputs });
    if (!isUrgent(firing.rule)) return this.#follow(next.run());
    // What does not come again waits for its turn.
    const before = Promise.all([...this.#firings]);
    return this.#follow(before.then(() => next.run()));
  }

  #newFiring(firing) {
    const { classHistogram, baselines } = this.#parts;
    const { dir, dryRun } = this.#settings;
    const limits = this.#limitsOf(firing.rule);
    const parts = { limits, classHistogram, baselines, dir, dryRun, row: this.#row };
    return new Firing({ ...parts, announcer: this.#announcer, signal: this.#abort.signal }, firing);
  }

  #follow(settled) {
    this.#firings.add(settled);
    settled.then(() => this.#firings.delete(settled));
    return settled;
  }

  /** The newest reading, by name; null for what is not known. */
  readings() {
    return readingsOf(this.#row);
  }

  /** What was watched, and what came of it. */
  status() {
    const { dir, dryRun, rules } = this.#settings;
    const all = byName(rules);
    return {
      running: this.#stopped === undefined,
      dryRun,
      dir,
      startedAt: this.#startedAt.toISOString(),
      blackbox: this.#blackbox?.path ?? null,
      rules: this.#engine.states.map(({ rule, matches, isFiring, fired, lastFiredAt }) => ({
        name: rule.name,
        when: all.get(rule.name).when.text,
        matches,
        isFiring,
        fired,
        lastFiredAt: lastFiredAt === null ? null : new Date(lastFiredAt).toISOString(),
      })),
      leak: { ...this.#leak.verdicts },
      limits: this.#parts.limits.stats(),
    };
  }

  /**
   * Stops watching: what runs is ended, nothing half-written stays. Idempotent.
   *
   * @returns {Promise<void>} settles when it is over; never rejects
   */
  stop() {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end() {
    clearInterval(this.#timer);
    this.#leaveCurrent();
    this.#followers.end();
    this.#forgetSignal();
    this.#triggers.stop();
    this.#postMortem?.stop();
    this.#abort.abort();
    await Promise.all(this.#firings);
    this.#blackbox?.end('stopped');
    this.#parts.sampler.stop();
    this.#parts.leave();
    this.#announcer.tell('stop', {});
  }

  async [ASYNC_DISPOSE]() {
    await this.stop();
  }
}

module.exports = { Watcher };
