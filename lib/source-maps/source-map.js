'use strict';

/**
 * One source map (ECMA-426), plain or an index map with sections, read once from its bytes.
 *
 * Node's `module.SourceMap` reads the same format; it leaves `sourceRoot` out, takes what follows a last
 * segment without a source for its source, lets a section run on into the next, and needs 22 times the
 * size of `mappings` in V8's heap.
 *
 * @module
 */

const { DamagedMap } = require('./damaged-map.js');
const { JsonBytes } = require('./json-bytes.js');
const { Segments } = require('./segments.js');

const FIELDS = ['version', 'mappings', 'names', 'sections', 'sourceRoot', 'sources'];

/** Lines and columns beyond are none. */
const MAX_OFFSET = 2 ** 31;

/** Where the document of a map begins: behind what is put before to keep it from being run as script. */
function beginningOf(bytes) {
  const marked = bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
  if (bytes.toString('latin1', marked, marked + 4) !== ")]}'") return marked;
  const lineEnd = bytes.indexOf(0x0a);
  return lineEnd === -1 ? bytes.length : lineEnd;
}

/** A map, or a section of one, from the generated position on where it begins. */
class Section {
  constructor(json, fields, { line, column }) {
    if (fields.mappings === undefined) throw new DamagedMap('it has no mappings');
    if (fields.sources === undefined) throw new DamagedMap('it has no sources');
    this.json = json;
    this.fields = fields;
    this.line = line;
    this.column = column;
  }

  get sourceRoot() {
    return this.json.value(this.fields.sourceRoot);
  }

  segments() {
    return new Segments(this.json.rawString(this.fields.mappings));
  }

  /**
   * @param {'sources'|'names'} field
   * @param {Set<number>} wanted indexes
   * @returns {Map<number, string>} those that are there and are text
   */
  texts(field, wanted) {
    const found = new Map();
    if (wanted.size === 0 || this.fields[field] === undefined) return found;
    let index = 0;
    for (const at of this.json.elements(this.fields[field])) {
      if (wanted.has(index)) found.set(index, this.json.value(at));
      if (found.size === wanted.size) break;
      index++;
    }
    return found;
  }

  hasSeveralSources() {
    const elements = this.json.elements(this.fields.sources);
    return !elements.next().done && !elements.next().done;
  }

  /** Whether a generated position comes before this section. */
  isAfter(line, column) {
    return line < this.line || (line === this.line && column < this.column);
  }
}

function readOffset(json, at) {
  if (at === undefined) throw new DamagedMap('a section of it has no offset');
  const { line: lineAt, column: columnAt } = json.members(at, ['line', 'column']);
  const [line, column] = [json.value(lineAt), json.value(columnAt)];
  const isValid = (value) => Number.isInteger(value) && value >= 0 && value < MAX_OFFSET;
  if (!isValid(line) || !isValid(column))
    throw new DamagedMap('a section of it has an offset out of range');
  return { line, column };
}

function readSection(json, at) {
  const { offset, map } = json.members(at, ['offset', 'map']);
  if (map === undefined) throw new DamagedMap('a section of it has no map');
  return new Section(json, json.members(map, FIELDS), readOffset(json, offset));
}

function readSections(json, fields) {
  if (fields.sections === undefined) return [new Section(json, fields, { line: 0, column: 0 })];
  const sections = [];
  for (const at of json.elements(fields.sections)) {
    const section = readSection(json, at);
    if (sections.at(-1)?.isAfter(section.line, section.column))
      throw new DamagedMap('its sections are not in order');
    sections.push(section);
  }
  return sections;
}

class SourceMap {
  #sections;

  /**
   * @param {Buffer} bytes kept while the map is
   * @throws {DamagedMap}
   */
  constructor(bytes) {
    const json = new JsonBytes(bytes);
    const fields = json.members(json.skipSpace(beginningOf(bytes)), FIELDS);
    const version = json.value(fields.version);
    if (String(version) !== '3') throw new DamagedMap('it is not of version 3');
    this.#sections = readSections(json, fields);
  }

  /** Whether the script was made of more than one source. */
  hasSeveralSources() {
    return this.#sections.length > 1 || this.#sections.some((one) => one.hasSeveralSources());
  }

  /**
   * Answers what is asked of lines; ends behind the last of them.
   *
   * @param {Map<number, import('./wanted-line.js').WantedLine>} lines by generated line, from 0
   * @throws {DamagedMap}
   */
  answer(lines) {
    for (const line of lines.values()) line.begin();
    const last = [...lines.keys()].reduce((most, line) => Math.max(most, line), -1);
    for (const [index, section] of this.#sections.entries()) {
      if (section.line > last) break;
      answerFrom(section, this.#sections[index + 1], lines, last);
    }
    for (const line of lines.values()) line.end();
  }
}

function answerFrom(section, following, lines, last) {
  const segments = section.segments();
  while (segments.next()) {
    const line = section.line + segments.generatedLine;
    const indent = segments.generatedLine === 0 ? section.column : 0;
    const column = indent + segments.generatedColumn;
    if (line > last || (following && !following.isAfter(line, column))) return;
    lines.get(line)?.take(segments, column, section);
  }
}

module.exports = { SourceMap };
