'use strict';

// Prometheus text 0.0.4 by the grammar of its documentation, stricter than a server: what it would forgive is an
// error here.

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)$/;
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

/** Not base units. */
const WRONG_UNITS = /_(ms|milliseconds|minutes|hours|kb|mb|kilobytes|megabytes|percent)(_total)?$/;

class Reader {
  constructor(line) {
    this.line = line;
    this.at = 0;
  }

  fail(what) {
    throw new Error(`${what} at column ${this.at + 1} of: ${this.line}`);
  }

  take(pattern, what) {
    const sticky = new RegExp(pattern.source, 'y');
    sticky.lastIndex = this.at;
    const match = sticky.exec(this.line);
    if (!match) this.fail(`${what} expected`);
    this.at = sticky.lastIndex;
    return match[0];
  }

  /** Between quotes; only three escapes there are. */
  string() {
    this.take(/"/, 'a quote');
    let text = '';
    for (;;) {
      const next = this.take(/\\["\\n]|[^"\\\n]|"/, 'a character or a known escape');
      if (next === '"') return text;
      text += next[0] === '\\' ? { n: '\n', '"': '"', '\\': '\\' }[next[1]] : next;
    }
  }

  labels() {
    const labels = {};
    if (this.line[this.at] !== '{') return labels;
    do {
      this.at++;
      const name = this.take(/[^=]+/, 'the name of a label');
      if (!LABEL.test(name) || name.startsWith('__')) this.fail(`label ${name}`);
      if (name in labels) this.fail(`label ${name} twice`);
      this.take(/=/, '=');
      labels[name] = this.string();
    } while (this.line[this.at] === ',');
    this.take(/}/, 'a closing brace');
    return labels;
  }
}

function readValue(text, reader) {
  if (!NUMBER.test(text)) reader.fail(`the number ${text}`);
  return Number(text.replace('Inf', 'Infinity'));
}

function readSample(line) {
  const reader = new Reader(line);
  const name = reader.take(/[^{ ]+/, 'a name');
  if (!NAME.test(name)) reader.fail(`the name ${name}`);
  const labels = reader.labels();
  reader.take(/ /, 'one space');
  return { name, labels, value: readValue(line.slice(reader.at), reader) };
}

function checkHelp(text, line) {
  if (text.trim() === '') throw new Error(`no help in: ${line}`);
  if (/\\(?![\\n])/.test(text)) throw new Error(`an unknown escape in: ${line}`);
}

class Parser {
  families = new Map();
  #current;

  add(line) {
    const [, what, name, rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (what === 'HELP') this.#help(name, rest, line);
    else if (what === 'TYPE') this.#type(name, rest, line);
    else if (line.startsWith('#') || line === '')
      throw new Error(`neither comment nor sample: "${line}"`);
    else this.#sample(line);
  }

  #help(name, text, line) {
    this.finish();
    if (!NAME.test(name)) throw new Error(`the name in: ${line}`);
    if (this.families.has(name)) throw new Error(`${name} comes twice`);
    checkHelp(text, line);
    this.#current = { help: text, type: undefined, samples: [] };
    this.families.set(name, this.#current);
    this.#current.name = name;
  }

  #type(name, type, line) {
    const isRight = this.#current?.name === name && this.#current.type === undefined;
    if (!isRight || !TYPES.includes(type))
      throw new Error(`not the type of what is before it: ${line}`);
    if (name.endsWith('_total') !== (type === 'counter'))
      throw new Error(`counters, and nothing else, end in _total: ${line}`);
    if (WRONG_UNITS.test(name)) throw new Error(`no base unit: ${line}`);
    this.#current.type = type;
  }

  #sample(line) {
    const { name, labels, value } = readSample(line);
    const family = this.#current;
    if (family?.name !== name || !family.type) throw new Error(`a sample of nothing: ${line}`);
    const key = (one) => JSON.stringify(Object.entries(one).sort());
    if (family.samples.some((one) => key(one.labels) === key(labels)))
      throw new Error(`twice: ${line}`);
    if (family.type === 'counter' && !(value >= 0)) throw new Error(`a counter below 0: ${line}`);
    family.samples.push({ labels, value });
  }

  /** What begins must be complete. */
  finish() {
    const family = this.#current;
    if (family && (family.type === undefined || family.samples.length === 0))
      throw new Error(`${family.name} has no type or no sample`);
  }
}

/**
 * @param {string} text
 * @returns {Map<string, { help: string, type: string, samples: { labels: object, value: number }[] }>}
 * @throws {Error} for anything that is not as it should be
 */
function parsePrometheus(text) {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const parser = new Parser();
  for (const line of text.slice(0, -1).split('\n')) parser.add(line);
  parser.finish();
  return parser.families;
}

/** The value of one sample; undefined where there is none. */
function sampleOf(families, name, labels = {}) {
  const isIt = (one) =>
    Object.entries(labels).every(([label, value]) => one.labels[label] === value);
  return families.get(name)?.samples.find(isIt)?.value;
}

module.exports = { parsePrometheus, sampleOf };
