'use strict';

/**
 * The bytes of a script's map: inside the script, beside it, or nowhere. Nothing is fetched.
 *
 * @module
 */

const { fileURLToPath, pathToFileURL } = require('node:url');
const { DamagedMap } = require('./damaged-map.js');
const { readRegularFile } = require('./regular-file.js');

const DATA = Buffer.from('data:');
const [PERCENT, COMMA] = Buffer.from('%,');

/** No header of a data: URL and no path is longer. */
const MAX_URL = 4096;

/** A multiple of four: each piece of base64 is whole. */
const PIECE = 2 ** 20;

function fromBase64(text) {
  const bytes = Buffer.allocUnsafeSlow(Math.ceil((text.length * 3) / 4));
  let done = 0;
  for (let at = 0; at < text.length; at += PIECE)
    done += bytes.write(text.toString('latin1', at, at + PIECE), done, 'base64');
  return bytes.subarray(0, done);
}

function fromPercents(text) {
  const bytes = Buffer.allocUnsafeSlow(text.length);
  let done = 0;
  for (let at = 0; at < text.length; at++) {
    const isEscape = text[at] === PERCENT;
    bytes[done++] = isEscape ? hexByte(text.toString('latin1', at + 1, at + 3)) : text[at];
    if (isEscape) at += 2;
  }
  return bytes.subarray(0, done);
}

function hexByte(digits) {
  if (!/^[0-9a-f]{2}$/i.test(digits)) throw new DamagedMap('its data: URL is not well-formed');
  return Number.parseInt(digits, 16);
}

/** In pieces and in buffers: V8's heap never holds the text of a map. */
function fromDataUrl(url) {
  const comma = url.subarray(0, MAX_URL).indexOf(COMMA);
  if (comma === -1) throw new DamagedMap('its data: URL is not well-formed');
  const text = url.subarray(comma + 1);
  const isBase64 = /;\s*base64$/i.test(url.toString('latin1', 0, comma));
  return isBase64 ? fromBase64(text) : fromPercents(text);
}

/** The file that a URL of a map stands for; null where it is on no disk. */
function fileOfMap(url, base) {
  if (url.length > MAX_URL) return null;
  try {
    return fileURLToPath(new URL(url.toString('utf8'), base));
  } catch {
    return null;
  }
}

/** @returns {Promise<{ bytes: Buffer, base: string }|null>} null where there is no such file */
async function readMapFile(file) {
  const { bytes, reason } = await readRegularFile(file);
  if (reason) throw new DamagedMap(reason);
  return bytes && { bytes, base: pathToFileURL(file).href };
}

/** The map beside a script that does not tell of it; whatever else has that name is none. */
async function readSibling(script, isMap) {
  const { bytes } = await readRegularFile(`${script.file}.map`);
  return bytes && isMap(bytes) ? { bytes, base: pathToFileURL(`${script.file}.map`).href } : null;
}

/**
 * @param {import('./script.js').Script} script
 * @param {(bytes: Buffer) => boolean} isMap whether a file may be taken for a map that nobody calls one
 * @returns {Promise<{ bytes: Buffer, base: string }|null>} the map, and the URL its sources are relative to
 * @throws {DamagedMap} where what the script names is of no use
 */
async function readMapBytes(script, isMap) {
  const url = script.mapUrl();
  const base = pathToFileURL(script.file).href;
  if (url?.subarray(0, DATA.length).equals(DATA)) return { bytes: fromDataUrl(url), base };
  const file = url && fileOfMap(url, base);
  return (file && (await readMapFile(file))) ?? readSibling(script, isMap);
}

module.exports = { readMapBytes };
