'use strict';

/**
 * A black box for the terminal: the verdict first, then the last readings and events.
 *
 * @module
 */

const path = require('node:path');
const { count, percent, size } = require('../../units.js');
const { FIGURES, Moments } = require('../../watch/blackbox/figures.js');
const { clock, dateTime, span } = require('../../watch/blackbox/words.js');
const { Page, flexible, left, right } = require('./page.js');
const { sparkline } = require('./sparkline.js');

const MINUTES = 10;
const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

/** Columns that the table leaves for both sparklines, and what is pleasant. */
const TABLE = 54;
const [NARROWEST, WIDEST] = [9, 20];

/** Events and other boxes that are shown, the last ones. */
const EVENTS = 12;
const OTHERS = 10;

/** Shares of a limit that deserve attention. */
const [FULL, HIGH] = [0.9, 0.75];

const UNITS = Object.freeze({
  bytes: size,
  ms: (value) => (value < 10 ? `${value.toFixed(1)} ms` : span(value)),
  ratio: percent,
  count,
  perSecond: (value) => (value < 10 ? value.toFixed(1) : count(value)),
});

/** What a verdict is to the eye: nothing is wrong with an exit of 0. */
function colourOf(style, { state, kind, exitCode }) {
  if (state === 'dead') return style.red;
  if (kind === 'running' || kind === 'closed' || exitCode === 0) return style.green;
  return style.yellow;
}

function showVerdict(page, { box, summary }) {
  page.heading('Verdict', path.basename(box.path));
  page.paragraph(summary.text, colourOf(page.style, summary));
  if (summary.state !== 'dead') return;
  page.line();
  page.labelled('Known', summary.known);
  page.labelled('Guessed', summary.guess, page.style.yellow);
  page.labelled('To check', summary.check, page.style.cyan);
}

/** `, for 18.3 hours`. */
function watched({ info, lastSeen }) {
  const ms = lastSeen - info.startedAt;
  return ms >= 0 ? `, for ${span(ms)}` : '';
}

function showProcess(page, { box }) {
  const { info, damaged, tail } = box;
  const { pid, threadId, host, node, rsprof, startedAt } = info;
  const thread = threadId > 0 ? `, thread ${threadId}` : '';
  page.heading(`Process ${pid ?? ''}`, `on ${host ?? 'an unknown host'}${thread}`);
  page.labelled('Versions', `Node.js ${node ?? 'unknown'}, rsprof ${rsprof ?? 'unknown'}`);
  if (startedAt !== null)
    page.labelled('Watched from', `${dateTime(startedAt)} UTC${watched(box)}`);
  if (tail === null) page.labelled('Event loop', 'whether it was stuck is not known: no addon');
  if (damaged > 0) page.labelled('Damaged', `${count(damaged)} of its slots, left out`);
}

/** The newest value that is known, and its limit. */
function lastOf(figure, moments) {
  const of = moments.at(moments.last);
  return { value: figure.value(of), limit: figure.limit?.(of) ?? Number.NaN };
}

function figureRow(figure, moments, windows) {
  const { value, limit } = lastOf(figure, moments);
  const lines = windows.map(({ ms, columns, end }) => {
    const points = moments.points(figure, ms, end);
    return { points, how: { from: end - ms, to: end, columns } };
  });
  const all = lines.flatMap(({ points }) => points);
  if (all.length === 0) return null;
  const greatest = all.reduce((most, point) => Math.max(most, point.value), 0);
  const top = limit > 0 ? limit : Math.max(figure.top ?? 0, greatest);
  const format = UNITS[figure.unit];
  return [
    figure.label,
    Number.isNaN(value) ? '' : format(value),
    limit > 0 ? format(limit) : '',
    limit > 0 && !Number.isNaN(value) ? percent(value / limit) : '',
    ...lines.map(({ points, how }) => sparkline(points, { ...how, top })),
  ];
}

/** A share of a limit, painted by how much it is. */
function shareColumn({ red, yellow }) {
  return right('of it', (text) => {
    const share = Number.parseFloat(text) / 100;
    if (share >= FULL) return red(text);
    return share >= HIGH ? yellow(text) : text;
  });
}

const windowLabel = (ms) =>
  ms >= DAY_MS ? '24 h' : `${Math.max(1, Math.round(ms / MINUTE_MS))} min`;

/** The last minutes; and the last day, or as much of it as there is. */
function windowsOf({ info, lastSeen }, { rows }, minutes, columns) {
  const short = minutes * MINUTE_MS;
  const first = Math.min(info.startedAt ?? lastSeen, rows[0]?.time ?? lastSeen);
  const long = Math.min(DAY_MS, lastSeen - first);
  const each = Math.floor((columns - TABLE) / 2);
  const room = Math.max(NARROWEST, Math.min(WIDEST, each));
  const all = [short, ...(long > 1.2 * short ? [long] : [])];
  return all.map((ms) => ({ ms, end: lastSeen, columns: room, label: windowLabel(ms) }));
}

function showReadings(page, { box }, minutes) {
  const moments = new Moments(box);
  const windows = windowsOf(box, moments, minutes, page.columns);
  const rows = FIGURES.map((figure) => figureRow(figure, moments, windows)).filter(Boolean);
  page.heading('Readings', rows.length > 0 ? `the last ones, at ${clock(box.lastSeen)} UTC` : '');
  if (rows.length === 0) return page.paragraph('none');
  const columns = [
    flexible('reading'),
    right('last'),
    right('limit'),
    shareColumn(page.style),
    ...windows.map(({ label }) => left(label, page.style.cyan)),
  ];
  page.table(columns, rows);
}

function showEvents(page, { box }) {
  const { events, lastSeen, end } = box;
  if (events.length === 0 && !end) return;
  const all = end ? [...events, { time: end.time, text: `ended: ${end.text}` }] : events;
  const shown = all.slice(-EVENTS);
  const note = all.length > shown.length ? `UTC, the last ${shown.length} of ${all.length}` : 'UTC';
  page.heading('Events', note);
  for (const { time, text } of shown) page.labelled(moment(time, lastSeen), text);
}

const isSameDay = (one, other) => dateTime(one).slice(0, 10) === dateTime(other).slice(0, 10);

/** `03:11:47`, of another day `11-20 23:58`. */
function moment(time, lastSeen) {
  return isSameDay(time, lastSeen) ? clock(time) : dateTime(time).slice(5, 16);
}

const ENDS = Object.freeze({
  memory: 'died, memory',
  heap: 'died, heap',
  stuck: 'died, stuck',
  unknown: 'died',
  closed: 'no longer watched',
  running: 'runs',
  silent: 'runs, silent',
});

function endLabel({ state, kind, exitCode }) {
  if (kind === 'exit') return `exit code ${exitCode}`;
  return state === 'running' && kind === 'stuck' ? 'runs, stuck' : (ENDS[kind] ?? kind);
}

function showOthers(page, { others, unread }) {
  if (others.length === 0 && unread === 0) return;
  const shown = others.slice(0, OTHERS);
  page.heading(
    'Others in this folder',
    shown.length < others.length ? `${OTHERS} of ${others.length}` : '',
  );
  const rows = shown.map(({ box, summary }) => [
    dateTime(box.lastSeen),
    `${box.info.pid ?? ''}`,
    endLabel(summary),
    path.basename(box.path),
  ]);
  const columns = [
    left('last seen, UTC'),
    right('process'),
    left('end'),
    { ...flexible('file'), path: true },
  ];
  if (rows.length > 0) page.table(columns, rows);
  if (unread > 0)
    page.paragraph(`${count(unread)} more cannot be read, or are too many`, page.style.dim);
}

/**
 * @param {{ box: object, summary: object, others: object[], unread: number }} chosen of `openFileOrFolder()`
 * @param {number|undefined} minutes how far back the readings go
 * @param {{ style: object, columns: number }} how
 * @returns {string} ends with a newline
 */
function blackboxText(chosen, minutes, { style, columns }) {
  const page = new Page(style, columns);
  showVerdict(page, chosen);
  showProcess(page, chosen);
  showReadings(page, chosen, minutes ?? MINUTES);
  showEvents(page, chosen);
  showOthers(page, chosen);
  return String(page);
}

module.exports = { MINUTES, blackboxText };
