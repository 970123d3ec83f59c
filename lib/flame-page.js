'use strict';

/**
 * A flame graph as one HTML file that needs nothing else: no network, no style attribute, no handler, and
 * a policy that forbids all of them. Sources of the page are in web/; the data stands between its head and
 * its tail, so that it can be streamed.
 *
 * @module
 */

const { flameVerdict } = require('./flame-verdict.js');
const { policy } = require('./page-policy.js');
const version = require('./version.js');
const { fill, webText } = require('./web-assets.js');

/**
 * Style and script of the graph, for a page that shows it among other things: the script gives it
 * `mountFlameGraph(element, data)`.
 *
 * @returns {{ style: string, script: string }}
 */
function flameAssets() {
  return { style: webText('flame.css'), script: webText('flame.js') };
}

/**
 * What stands before and behind the data.
 *
 * @param {{ verdict: string, findings: object[] }} [report] of the same profile, to be told above the graph
 * @returns {{ head: string, tail: string }}
 */
function flamePageParts(report) {
  const { style, script } = flameAssets();
  const verdict = report ? flameVerdict(report) : '';
  const slots = { policy: policy(style, script), style, script, verdict, version };
  const parts = webText('flame.html').split('"{{data}}"');
  const [head, tail] = parts.map((part) => fill(part, slots));
  return { head, tail };
}

/**
 * The whole page.
 *
 * @param {string} dataJson the data as JSON; whatever is in its strings stays within them
 * @returns {string}
 */
function flamePage(dataJson) {
  const { head, tail } = flamePageParts();
  return head + dataJson.replace(/</g, '\\u003c') + tail;
}

module.exports = { flameAssets, flamePage, flamePageParts };
