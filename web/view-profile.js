'use strict';

/**
 * A profile: what the engine says of it, and its flame graph.
 *
 * @module
 */

const { proseParts } = require('../lib/prose.js');
const { mountFlameGraph } = require('./flame-graph.js');
const { element } = require('./dom.js');
const { shown, verdict } = require('./view-dom.js');
const { fill } = require('./view-waiting.js');

/** A sentence of ours, with its code as code. */
const prose = (text) =>
  proseParts(text).map(({ text: part, isCode }) =>
    isCode ? element('code', shown(part)) : shown(part),
  );

/** A finding, folded; what the verdict has said already is not said again. */
function finding({ sentence, explanation, advice }, said, texts) {
  const title = said.includes(sentence) ? texts('v.why') : sentence;
  return element(
    'details',
    element('summary', shown(title)),
    element('p', ...prose(explanation)),
    element('div.advice', element('p', ...prose(advice))),
  );
}

/** Formats of other tools, to be saved. */
const FORMATS = ['pprof', 'speedscope', 'folded', 'chrome', 'html'];

function exports({ api, source, texts }) {
  const links = FORMATS.map((format) =>
    element('a', { href: api.url(`${source.path}/export/${format}`), download: '' }, format),
  );
  return element('p.exports.soft', texts('v.exportAs'), ...links.flatMap((one) => [' ', one]));
}

function showProfile(root, context) {
  const { api, source, texts, signal } = context;
  const graph = element('div');
  let data;
  const make = async () => {
    const report = await source.kept('analysis');
    const [flame, { can }] = await Promise.all([source.ask('flame'), api.get('status', signal)]);
    data = flame;
    const told = verdict(report.verdict, report.findings.length === 0);
    told.append(...report.findings.map((one) => finding(one, report.verdict, texts)));
    const below = can.download ? [exports(context)] : [];
    return [element('div.report', told), graph, element('div.report', ...below)];
  };
  // Its colours are known when it is part of the page.
  const draw = () => {
    const mounted = mountFlameGraph(graph, data);
    signal.addEventListener('abort', () => mounted.destroy());
  };
  return fill(root, context, make, draw);
}

module.exports = { showProfile };
