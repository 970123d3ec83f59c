'use strict';

/**
 * What the scripts and source maps of this machine tell of a profile's functions: their places in the
 * sources, and the texts of their hottest lines. What is not there is no error: the profile may be of
 * another machine.
 *
 * @module
 */

const { resolveSources } = require('./source-maps.js');
const { readRegularFile } = require('./source-maps/regular-file.js');
const { Script, fileOfUrl } = require('./source-maps/script.js');

/** Characters of a line that are shown. */
const MAX_TEXT = 160;

/** A line's text in a report: without the space around it, no longer than can be read. */
function shown(text) {
  const trimmed = text.trim();
  return trimmed.length > MAX_TEXT ? `${trimmed.slice(0, MAX_TEXT)}…` : trimmed;
}

/** Files -> the numbers of the lines that are wanted of each, from 1. */
function wantedLines(frames) {
  const wanted = new Map();
  for (const { url, lines } of frames) {
    const file = lines.length > 0 ? fileOfUrl(url) : null;
    if (!file) continue;
    if (!wanted.has(file)) wanted.set(file, new Set());
    for (const line of lines) wanted.get(file).add(line);
  }
  return wanted;
}

/** Files -> line -> its text. */
async function readTexts(frames) {
  const texts = new Map();
  for (const [file, lines] of wantedLines(frames)) {
    const { bytes } = await readRegularFile(file);
    if (!bytes) continue;
    const found = new Script(file, bytes).lines([...lines].map((line) => line - 1));
    texts.set(file, new Map([...found].map(([line, text]) => [line + 1, shown(text)])));
  }
  return texts;
}

/** Each frame followed by its lines, as places that a source map is asked for. */
function questions(frames) {
  return frames.flatMap(({ url, line, column, name, lines }) => [
    { url, line, column, name },
    ...lines.map((one) => ({ url, line: one, column: 0, name: '' })),
  ]);
}

/** A frame as the engine takes it, of the answers to its questions; undefined where nothing is told. */
function sourceFrame({ id, url, lines }, [place, ...lineAnswers], texts) {
  const own = texts.get(fileOfUrl(url));
  const told = lines.filter((line) => own?.get(line));
  if (!place && told.length === 0) return undefined;
  // A line of another source than the function's is inlined by a bundler: its number would mislead.
  const isOwn = (answer) => place && answer?.url === place.url;
  return {
    id,
    place,
    lines: lines.flatMap((line, at) =>
      isOwn(lineAnswers[at]) ? [[line, lineAnswers[at].line]] : [],
    ),
    texts: told.map((line) => [line, own.get(line)]),
  };
}

/**
 * @param {{ id: number, url: string, line: number, column: number, name: string, lines: number[] }[]} frames
 *   of the engine; lines and columns count from 1
 * @param {{ sourceMaps: boolean, texts: boolean, signal?: AbortSignal }} settings `texts`: of hot lines, too
 * @returns {Promise<{ frames: object[], scripts: { seen: number, mapped: number, damaged: object[] } }>}
 *   `frames` for the engine's `map()`
 * @throws the signal's reason
 */
async function lookUpSources(frames, { sourceMaps, texts: wantsTexts, signal }) {
  const asked = questions(frames);
  const { frames: answers, scripts } = await resolveSources(sourceMaps ? asked : [], { signal });
  const texts = await readTexts(wantsTexts ? frames : []);
  let at = 0;
  const found = frames.map((frame) => {
    const end = at + 1 + frame.lines.length;
    const own = sourceMaps ? answers.slice(at, end) : [null];
    at = end;
    return sourceFrame(frame, own, texts);
  });
  return { frames: found.filter(Boolean), scripts };
}

module.exports = { lookUpSources };
