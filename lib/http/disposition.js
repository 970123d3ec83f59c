'use strict';

/**
 * `Content-Disposition` for a file of any name (RFC 6266, RFC 5987).
 *
 * @module
 */

/** Characters that stand in a quoted name and on any disk as they are. */
const UNFIT = /[^A-Za-z0-9._ ()-]/g;

/** What encodeURIComponent leaves, and RFC 5987 does not. */
const LEFT = /['()*!]/g;

/** Lone halves of characters cannot be encoded. */
const wellFormed = (text) => text.replace(/\p{Cs}/gu, '_');

const escaped = (text) =>
  encodeURIComponent(text).replace(
    LEFT,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * @param {string} name of the file to save, without a folder
 * @returns {string} nothing of it ends the header or the quotes, or leads out of a folder
 */
function attachment(name) {
  const plain = wellFormed(name).replace(/[/\\]/g, '_');
  const ascii = plain.replace(UNFIT, '_');
  const more = ascii === plain ? '' : `; filename*=UTF-8''${escaped(plain)}`;
  return `attachment; filename="${ascii}"${more}`;
}

module.exports = { attachment };
