'use strict';

/**
 * Call frames as the files have them.
 *
 * @module
 */

const path = require('node:path');
const { pathToFileURL } = require('node:url');

/** @returns {string} an absolute path as a file: URL, all else as it is */
function scriptUrl(script) {
  return path.isAbsolute(script) ? pathToFileURL(script).href : script;
}

/**
 * @param {object} frame a `Runtime.CallFrame` of V8 or Node
 * @returns {object} the protocol's, with lines and columns from 0, -1 for none
 */
function callFrame({ functionName, scriptId, url, lineNumber, columnNumber }) {
  return {
    functionName,
    scriptId: String(scriptId),
    url: scriptUrl(url),
    lineNumber,
    columnNumber,
  };
}

module.exports = { callFrame, scriptUrl };
