'use strict';

/**
 * A flame graph as one HTML file that needs nothing else: no network, no style attribute, no handler, and
 * a policy that forbids all of them. Sources of the page are in web/; the data stands between its head and
 * its tail, so that it can be streamed.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { flameVerdict } = require('./flame-verdict.js');
const { policy } = require('./page-policy.js');
const version = require('./version.js');

const ROOT = path.join(__dirname, '..');

const WEB = path.join(ROOT, 'web');

const REQUIRE = /\brequire\('(\.[^']+)'\)/g;

/** A file and all that it requires, by their names below the package, each once. */
function collect(file, found = new Map()) {
  const name = path.relative(ROOT, file).split(path.sep).join('/');
  if (found.has(name)) return found;
  found.set(name, '');
  const inPackage = (wanted) => {
    const other = path.join(path.dirname(file), wanted);
    collect(other, found);
    return path.relative(ROOT, other).split(path.sep).join('/');
  };
  const source = fs.readFileSync(file, 'utf8');
  found.set(
    name,
    source.replace(REQUIRE, (_, wanted) => `require('${inPackage(wanted)}')`),
  );
  return found;
}

/** The modules of the page as one script: what `require` is, and the first one started. */
function bundle(file) {
  const modules = [...collect(file)].map(
    ([name, source]) => `'${name}': (module, require) => {\n${source}\n}`,
  );
  return `'use strict';
(() => {
const sources = {
${modules.join(',\n')}
};
const loaded = {};
const require = (name) => {
  if (!loaded[name]) sources[name]((loaded[name] = { exports: {} }), require);
  return loaded[name].exports;
};
require('web/${path.basename(file)}');
})();
`;
}

/**
 * Style and script of the graph, for a page that shows it among other things: the script gives it
 * `mountFlameGraph(element, data)`.
 *
 * @returns {{ style: string, script: string }}
 */
function flameAssets() {
  const style = fs.readFileSync(path.join(WEB, 'flame.css'), 'utf8');
  return { style, script: bundle(path.join(WEB, 'flame.js')) };
}

/**
 * What stands before and behind the data.
 *
 * @param {{ verdict: string, findings: object[] }} [report] of the same profile, to be told above the graph
 * @returns {{ head: string, tail: string }}
 */
function flamePageParts(report) {
  const { style, script } = flameAssets();
  const template = fs.readFileSync(path.join(WEB, 'flame.html'), 'utf8');
  // In a style or a script a slot is a comment, so that the template is valid as it stands.
  const verdict = report ? flameVerdict(report) : '';
  const slots = { policy: policy(style, script), style, script, verdict, version };
  const filled = (part) =>
    part.replace(/(?:\/\*)?\{\{(\w+)\}\}(?:\*\/)?/g, (_, slot) => slots[slot]);
  const [head, tail] = template.split('"{{data}}"').map(filled);
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
