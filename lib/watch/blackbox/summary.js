'use strict';

/**
 * What a black box tells of the end of its process: what is known, what is guessed, and where to look.
 *
 * @module
 */

const { percent, size } = require('../../units.js');
const { identity, isAlive } = require('../../process-identity.js');
const { FIGURES, Moments } = require('./figures.js');
const { dateTime, span } = require('./words.js');

const [MEMORY, , HEAP] = FIGURES;

/**
 * From which share of a limit on it is the likely cause, and a possible one. A leak may take the last percents
 * of the heap between two readings; a container may well live near its limit.
 */
const HEAP_SHARES = Object.freeze({ likely: 0.92, possible: 0.85 });
const MEMORY_SHARES = Object.freeze({ likely: 0.95, possible: 0.88 });

/** An event loop that has not turned for so long is stuck. */
const STUCK_MS = 5000;

/** Of a process that cannot be asked whether it lives: silent for so long, it does not. */
const SILENT_MS = 10_000;
/** Without the addon a stuck event loop writes nothing either. */
const SILENT_ALONE_MS = 300_000;

/** What rose before the end is looked for in so many ms. */
const BEFORE_MS = 600_000;
/** What is less of a limit did not rise. */
const LEAST_RISE = 0.05;

const KNOWN =
  'the readings and events below, and that no end was written: process.exit(), an exception that nobody ' +
  'caught and an empty event loop write one';

const EXIT = /^exit code (-?\d+)$/;

function isAliveHere({ hostTag, pid, startTime }) {
  if (hostTag !== identity().hostTag || pid === null || startTime === null) return null;
  return isAlive({ pid, startTime });
}

function silence({ lastSeen, tail, info }, now) {
  const most = Math.max(tail ? SILENT_MS : SILENT_ALONE_MS, 5 * (info.interval ?? 0));
  const ms = now - (lastSeen ?? 0);
  return { ms, isLong: ms > most };
}

/** `ended`, `running`, `silent` or `dead`; `isSure`: whether that is known. */
function stateOf(box, { now, alive }) {
  if (box.end) return { state: 'ended', isSure: true };
  const { isLong } = silence(box, now);
  if (alive === null) return { state: isLong ? 'dead' : 'running', isSure: false };
  if (!alive) return { state: 'dead', isSure: true };
  return { state: isLong ? 'silent' : 'running', isSure: true };
}

/** How long the event loop had not turned when it was seen last; null without the addon. */
function stuckMs({ tail, info }) {
  if (!tail || !(tail.readAt > 0)) return null;
  const ms = tail.time - tail.readAt;
  return { ms, isStuck: ms > Math.max(STUCK_MS, 5 * (info.interval ?? 0)) };
}

/** How much a figure had risen in the last minutes: from its least value. */
function riseOf(moments, figure, end, limit) {
  const points = moments.points(figure, BEFORE_MS, end);
  if (points.length < 2) return null;
  const least = points.reduce((one, other) => (other.value <= one.value ? other : one));
  const last = points.at(-1);
  const rise = last.value - least.value;
  if (!(rise >= LEAST_RISE * limit)) return null;
  return { bytes: rise, ms: last.time - least.time };
}

/** A figure against its limit at the end. */
function filling(box, moments, figure) {
  const of = moments.at(moments.last);
  const [value, limit] = [figure.value(of), figure.limit(of)];
  const share = limit > 0 ? value / limit : Number.NaN;
  const rise = riseOf(moments, figure, box.lastSeen, limit);
  return { value, limit, share, rise, of };
}

const rose = ({ rise }) =>
  rise ? ` and had risen by ${size(rise.bytes)} in the last ${span(rise.ms)}` : '';

function memoryText(found, { totalMemory }) {
  const isMachine = !(found.limit < totalMemory);
  const where = isMachine && totalMemory !== null ? 'the machine' : 'the container';
  const rss = found.of('rss');
  const others =
    rss < 0.6 * found.value ? `; this process held ${size(rss)} of it, look at the others too` : '';
  return `Memory of ${where} was at ${percent(found.share)} of ${size(found.limit)}${rose(found)}${others}`;
}

function heapText(found) {
  return `The heap was at ${percent(found.share)} of the ${size(found.limit)} that V8 gives it${rose(found)}`;
}

const CHECKS = Object.freeze({
  memory:
    'kubectl describe pod (OOMKilled, exit code 137), docker inspect (OOMKilled), dmesg -T (Killed process)',
  heap: 'standard error of the process ("JavaScript heap out of memory"), exit code 134',
  stuck:
    'the log of the supervisor (liveness probe, watchdog), the profiles among the events below',
  unknown:
    'exit code in the log of the supervisor: 137 SIGKILL, 143 SIGTERM, 139 SIGSEGV, 134 abort; dmesg -T',
});

const GUESSES = Object.freeze({
  memory: 'killed for memory (OOM)',
  heap: 'V8 ran out of heap',
  stuck: 'ended from outside because it did not answer any more (a failed health check)',
  unknown:
    'killed from outside (SIGKILL, or SIGTERM without a listener), crashed in native code, or the machine went down',
});

/** Busy, or waiting. */
const burning = ({ tail }) => (tail.cpu >= 0 ? `, the CPU at ${percent(tail.cpu)} of a core` : '');

/** What may have ended it, the most likely first: `{ kind, text, weight }`. */
function causes(box, moments) {
  const heap = filling(box, moments, HEAP);
  const memory = filling(box, moments, MEMORY);
  const stuck = stuckMs(box);
  const found = [
    { kind: 'heap', text: heapText(heap), weight: weightOf(heap, HEAP_SHARES) },
    { kind: 'memory', text: memoryText(memory, box.info), weight: weightOf(memory, MEMORY_SHARES) },
  ];
  if (stuck?.isStuck) {
    found.push({
      kind: 'stuck',
      text: `The event loop had been stuck for ${span(stuck.ms)}${burning(box)}`,
      weight: 1.5,
    });
  }
  return found.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
}

/** 2: likely, 1: possible, 0: no cause. */
function weightOf({ share }, { likely, possible }) {
  if (share >= likely) return 2;
  return share >= possible ? 1 : 0;
}

const certainty = (weight) => (weight > 1 ? 'most likely' : 'perhaps');

function deathOf(box, moments) {
  const [first, ...others] = causes(box, moments);
  if (!first) {
    const text = `Nothing unusual was seen before: ${GUESSES.unknown}.`;
    return { kind: 'unknown', text, guess: GUESSES.unknown };
  }
  const guess = `${certainty(first.weight)} ${GUESSES[first.kind]}`;
  const besides = others.map(({ text }) => ` ${text}.`).join('');
  return { kind: first.kind, text: `${first.text}: ${guess}.${besides}`, guess };
}

const nameOf = ({ pid, threadId }) =>
  `${threadId > 0 ? `Thread ${threadId} of process` : 'Process'} ${pid ?? '(unknown)'}`;

/** When it was seen last, and how long after the last turn of its event loop. */
function seen(box) {
  const stuck = stuckMs(box);
  const after = stuck
    ? `, ${span(Math.max(0, stuck.ms))} after the last turn of its event loop`
    : '';
  return `${nameOf(box.info)} was last seen at ${dateTime(box.lastSeen)} UTC${after}`;
}

const WORKER = ' A worker that is terminated, or whose process exits, has no time to say so.';

function dead(box, moments, { now, isSure }) {
  const { kind, text, guess } = deathOf(box, moments);
  const silent = span(silence(box, now).ms);
  const end = isSure
    ? 'it did not end by itself'
    : `it wrote no end, and nothing for ${silent} since`;
  const worker = box.info.threadId > 0 ? WORKER : '';
  return {
    kind,
    text: `${seen(box)}; ${end}. ${text}${worker}`,
    known: isSure ? KNOWN : `${KNOWN}; on this host it cannot be asked whether it still runs`,
    guess,
    check: CHECKS[kind],
  };
}

function ended(box) {
  const { time, text } = box.end;
  const code = EXIT.exec(text)?.[1];
  const at = `${dateTime(time)} UTC`;
  if (code !== undefined) {
    const sentence = `${nameOf(box.info)} ended by itself at ${at}, with exit code ${code}.`;
    return { kind: 'exit', exitCode: Number(code), text: sentence };
  }
  const after = 'what became of the process after that is not in this file.';
  return {
    kind: 'closed',
    text: `Watching ${nameOf(box.info).toLowerCase()} ended at ${at} (${text}); ${after}`,
  };
}

function running(box, { now, isSure }) {
  const stuck = stuckMs(box);
  const ago = span(Math.max(0, now - (box.lastSeen ?? now)));
  const word = isSure ? 'runs' : 'seems to run';
  const loop = stuck?.isStuck ? ` Its event loop has been stuck for ${span(stuck.ms)}.` : '';
  return {
    kind: stuck?.isStuck ? 'stuck' : 'running',
    text: `${nameOf(box.info)} ${word}; it was last seen ${ago} ago.${loop}`,
  };
}

function silent(box, { now }) {
  const guess =
    box.info.threadId > 0
      ? 'its thread was terminated, or its event loop is stuck'
      : 'its event loop is stuck, or its process is stopped';
  const ago = span(now - (box.lastSeen ?? 0));
  return {
    kind: 'silent',
    text: `${nameOf(box.info)} still runs but has written nothing for ${ago}: ${guess}.`,
    guess,
  };
}

/**
 * @param {import('./reader.js').Blackbox} box
 * @param {object} [how]
 * @param {number} [how.now] ms since the epoch
 * @param {boolean|null} [how.alive] whether its process lives; null where that cannot be told
 * @returns {{ state: 'ended'|'running'|'silent'|'dead', kind: string, text: string, known: string|null,
 *   guess: string|null, check: string|null, exitCode: number|null }} `kind`: `memory`, `heap`, `stuck` or
 *   `unknown` of a death, `exit` or `closed` of an end, `running`, `stuck` or `silent` of what still runs
 */
function summarize(box, { now = Date.now(), alive = isAliveHere(box.info) } = {}) {
  const { state, isSure } = stateOf(box, { now, alive });
  const told = {
    ended: () => ended(box),
    running: () => running(box, { now, isSure }),
    silent: () => silent(box, { now }),
    dead: () => dead(box, new Moments(box), { now, isSure }),
  }[state]();
  return { state, known: null, guess: null, check: null, exitCode: null, ...told };
}

module.exports = { summarize };
