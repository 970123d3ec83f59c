'use strict';

/**
 * Where captures are kept on the host is none of a client's business.
 *
 * @param {string} text that may name the folder
 * @param {string} [dir] the folder
 * @returns {string}
 */
function withoutFolder(text, dir) {
  return dir ? text.replaceAll(dir, '(dir)') : text;
}

module.exports = { withoutFolder };
