'use strict';

/**
 * What things are called, and how much they are.
 *
 * @module
 */

const { count, percent, plural, size } = require('../lib/units.js');
const { visible } = require('../lib/visible.js');

/** By keys that may come from anywhere: `toString` is in no table. */
function table(entries) {
  return new Map(Object.entries(entries));
}

/** Categories as a person calls them. */
const CATEGORIES = table({
  root: 'Root',
  idle: 'Idle',
  garbageCollector: 'Garbage collector',
  program: 'Outside JavaScript',
  native: 'V8 and C++',
  wasm: 'WebAssembly',
  node: 'Node.js itself',
  package: 'Packages',
  app: 'The program itself',
});

/** V8's own entries, which are no functions. */
const ENTRIES = table({
  root: '(root)',
  idle: '(idle)',
  garbageCollector: '(garbage collector)',
  program: '(program)',
});

const LONGEST = 400;

/** Cut where nobody would read on. */
function short(text, longest = LONGEST) {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function functionLabel({ functions }, fn) {
  const name = visible(short(functions.name[fn]));
  return name || ENTRIES.get(functions.category[fn]) || '(anonymous)';
}

/** `file:///srv/app/lib/rooms.js:12:3`, or nothing. */
function placeLabel({ functions }, fn) {
  const [url, line, column] = [functions.url[fn], functions.line[fn], functions.column[fn]];
  if (!url) return '';
  const place = visible(url.replace(/^file:\/\//, ''));
  return place + (line > 0 ? `:${line}` : '') + (line > 0 && column > 0 ? `:${column}` : '');
}

/** The last parts of it: what stands out in a table. */
function shortPlaceLabel(profile, fn) {
  const { url, line } = {
    url: profile.functions.url[fn],
    line: profile.functions.line[fn],
  };
  if (!url) return '';
  const end = visible(short(url.split(/[/\\]/).slice(-2).join('/'), 120));
  return line > 0 ? `${end}:${line}` : end;
}

/** The package, or whose else it is. */
function packageLabel(profile, fn) {
  const { category, package: packages } = profile.functions;
  if (category[fn] === 'package' && packages[fn] >= 0) {
    const name = profile.packages[packages[fn]] ?? '';
    return visible(short(name, 120)) || '(unnamed package)';
  }
  return CATEGORIES.get(category[fn]) ?? visible(short(String(category[fn]), 40));
}

/** 1234567 microseconds -> `1.23 s`. */
function time(microseconds) {
  if (microseconds < 1000) return `${Math.round(microseconds)} µs`;
  if (microseconds < 999_500) return `${digits(microseconds / 1000)} ms`;
  return microseconds < 6e7 ? `${digits(microseconds / 1e6)} s` : minutes(microseconds / 1e6);
}

/** Three digits that mean something. */
function digits(value) {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

function minutes(seconds) {
  const whole = Math.round(seconds);
  return `${count(Math.floor(whole / 60))} min ${whole % 60} s`;
}

/** A time on a scale with such steps, no longer than it must be. */
function moment(microseconds, step) {
  const [unit, name] = step >= 1e5 ? [1e6, 's'] : step >= 100 ? [1e3, 'ms'] : [1, 'µs'];
  const decimals = Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
  return `${(microseconds / unit).toFixed(decimals)} ${name}`;
}

/** How much a weight of this profile is. */
function amount(profile, weight) {
  return profile.unit === 'bytes' ? size(weight) : time(weight);
}

/** A share, in words where there is nothing to share. */
function share(weight, sum) {
  return percent(sum > 0 ? weight / sum : 0);
}

module.exports = {
  amount,
  count,
  functionLabel,
  moment,
  packageLabel,
  placeLabel,
  plural,
  share,
  short,
  shortPlaceLabel,
  table,
  time,
};
