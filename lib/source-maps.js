'use strict';

/**
 * Source maps: the TypeScript line of a frame that V8 gives by its generated line.
 *
 * Scripts are read one after the other, each once, and its map is dropped before the next is read. What
 * V8's heap holds grows with the answers, not with the maps. Nothing is fetched, and no source is opened.
 *
 * @module
 */

const { DamagedMap } = require('./source-maps/damaged-map.js');
const { PREFIX, columnOfName } = require('./source-maps/function-name.js');
const { readMapBytes } = require('./source-maps/map-bytes.js');
const { readRegularFile } = require('./source-maps/regular-file.js');
const { Script, fileOfUrl } = require('./source-maps/script.js');
const { SourceMap } = require('./source-maps/source-map.js');
const { sourceUrl } = require('./source-maps/source-url.js');
const { WantedLine } = require('./source-maps/wanted-line.js');

/**
 * @typedef {{ url: string, line: number, column: number, name?: string }} Frame line and column from 1, as V8
 *   has them; column 0 where only the line is known
 * @typedef {{ url: string, line: number, column: number, name: string }} Original
 */

/** @returns {boolean} whether bytes can be read as a map */
function isMap(bytes) {
  try {
    return Boolean(new SourceMap(bytes));
  } catch {
    return false;
  }
}

/** The code of a script outside its functions: in a bundle it is of all its sources. */
const isTopLevel = ({ line, column, name }) => line === 1 && column === 1 && !name;

/** Asks for one frame: `{ place }` a point or a line, `{ renamed }` where its name stands. */
function ask(frame, lines, texts) {
  const text = texts.get(frame.line - 1);
  if (text === undefined || frame.column - 1 > text.length) return null;
  const wanted = lines.get(frame.line - 1);
  if (frame.column === 0) return { wanted, place: null, renamed: null };
  const nameAt = columnOfName(text, frame.column - 1, frame.name ?? '');
  return {
    wanted,
    place: wanted.addPoint(frame.column - 1),
    renamed: nameAt === -1 ? null : wanted.addPoint(nameAt),
  };
}

/** What the points of a frame have found: where it is, and by which name. */
function found(question) {
  if (!question) return null;
  const { wanted, place, renamed } = question;
  const position = place ? place.found : wanted.whole;
  const name = renamed?.isExact && renamed.found?.name !== -1 ? renamed.found : null;
  return position && { position, name };
}

/** The texts that answers need, fetched for each section at once: `textOf(section, field, index)`. */
function fetchTexts(answers) {
  const wanted = { sources: new Map(), names: new Map() };
  const want = (field, section, index) => {
    if (!wanted[field].has(section)) wanted[field].set(section, new Set());
    wanted[field].get(section).add(index);
  };
  for (const answer of answers) {
    if (answer) want('sources', answer.position.section, answer.position.source);
    if (answer?.name) want('names', answer.name.section, answer.name.name);
  }
  for (const [field, sections] of Object.entries(wanted))
    for (const [section, indexes] of sections) sections.set(section, section.texts(field, indexes));
  return (section, field, index) => wanted[field].get(section).get(index);
}

function original({ position, name }, frame, textOf, base) {
  const { section, source, line, column } = position;
  const text = textOf(section, 'sources', source);
  if (typeof text !== 'string') return null;
  const own = frame.name ?? '';
  const renamed = name && textOf(name.section, 'names', name.name);
  const prefix = PREFIX.exec(own)?.[0] ?? '';
  return {
    name: typeof renamed === 'string' && renamed !== '' ? prefix + renamed : own,
    url: sourceUrl(text, section.sourceRoot, base),
    line: line + 1,
    column: column + 1,
  };
}

/** @returns {Array<Original|null>} of the frames of one script */
function resolveByMap(script, { bytes, base }, frames) {
  const map = new SourceMap(bytes);
  const texts = script.lines(frames.map(({ line }) => line - 1));
  const lines = new Map();
  for (const [line, text] of texts) lines.set(line, new WantedLine(text.search(/\S|$/)));
  const isShared = map.hasSeveralSources();
  const questions = frames.map((frame) =>
    isShared && isTopLevel(frame) ? null : ask(frame, lines, texts),
  );
  map.answer(lines);
  const answers = questions.map(found);
  const textOf = fetchTexts(answers);
  return answers.map((one, index) => one && original(one, frames[index], textOf, base));
}

/** @returns {Promise<{ originals: Array<Original|null>|null, damage: string|null }>} neither where there is no map */
async function resolveScript(file, frames) {
  const { bytes, reason } = await readRegularFile(file);
  if (!bytes) return { originals: null, damage: reason };
  try {
    const script = new Script(file, bytes);
    const map = await readMapBytes(script, isMap);
    return { originals: map && resolveByMap(script, map, frames), damage: null };
  } catch (error) {
    if (!(error instanceof DamagedMap)) throw error;
    return { originals: null, damage: error.message };
  }
}

const isPlace = ({ url, line, column }) =>
  typeof url === 'string' && Number.isInteger(line) && line > 0 && column >= 0;

/** File -> where its frames stand in the list. */
function byFile(frames) {
  const files = new Map();
  frames.forEach((frame, index) => {
    const file = isPlace(frame) ? fileOfUrl(frame.url) : null;
    if (!file) return;
    if (!files.has(file)) files.set(file, []);
    files.get(file).push(index);
  });
  return files;
}

/**
 * Where frames are in the sources of their scripts.
 *
 * Missing and damaged maps are no error: their frames are null, as are those of code that a map has
 * nothing to say of, and those beyond the end of a script that changed since.
 *
 * @param {Frame[]} frames
 * @param {{ signal?: AbortSignal }} [options]
 * @returns {Promise<{ frames: Array<Original|null>, scripts: { seen: number, mapped: number,
 *   damaged: Array<{ file: string, reason: string }> } }>} frames in the order given
 * @throws the signal's reason
 */
async function resolveSources(frames, { signal } = {}) {
  const originals = frames.map(() => null);
  const scripts = { seen: 0, mapped: 0, damaged: [] };
  for (const [file, indexes] of byFile(frames)) {
    signal?.throwIfAborted();
    const one = await resolveScript(
      file,
      indexes.map((index) => frames[index]),
    );
    scripts.seen++;
    if (one.originals) scripts.mapped++;
    if (one.damage) scripts.damaged.push({ file, reason: one.damage });
    one.originals?.forEach((found, at) => {
      originals[indexes[at]] = found;
    });
  }
  return { frames: originals, scripts };
}

/**
 * As {@link resolveSources}, the frames alone.
 *
 * @param {Frame[]} frames
 * @param {{ signal?: AbortSignal }} [options]
 * @returns {Promise<Array<Original|null>>}
 */
async function resolveFrames(frames, options) {
  return (await resolveSources(frames, options)).frames;
}

/**
 * Where whole lines of a script are in its source: ticks have a line and no column. A line that was made
 * of several, as in a bundle of one line, is null.
 *
 * @param {string} url as V8 has it
 * @param {number[]} lines from 1
 * @param {{ signal?: AbortSignal }} [options]
 * @returns {Promise<Array<Original|null>>} `name` is empty
 */
function resolveLines(url, lines, options) {
  return resolveFrames(
    lines.map((line) => ({ url, line, column: 0, name: '' })),
    options,
  );
}

module.exports = { resolveFrames, resolveLines, resolveSources };
