'use strict';

/** The colours of the flame graph, as people with each kind of colour vision see them. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const css = fs.readFileSync(path.join(__dirname, '..', '..', 'web', 'flame-graph.css'), 'utf8');

/** From linear RGB, at full severity: Machado, Oliveira and Fernandes 2009. */
const VISIONS = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** What is plain; garbage collection, idle time and the like are hatched as well. */
const PLAIN = ['app', 'node', 'native', 'wasm', 'p0', 'p1', 'p2', 'p3', 'p4', 'other'];
const HATCHED = ['gc', 'program', 'idle'];

const times = (matrix, vector) =>
  matrix.map((row) => row.reduce((sum, part, at) => sum + part * vector[at], 0));

const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);

/** Ottosson's Oklab, in which distances are as the eye has them. */
function oklab(rgb) {
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    rgb,
  );
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones.map((part) => Math.cbrt(Math.max(0, part))),
  );
}

/** Custom properties of one theme, as linear RGB. */
function theme(isDark) {
  const blocks = [...css.matchAll(/^( *)\.flame \{\n([^}]*)\}/gm)];
  const block = blocks.find(([, indent]) => (indent !== '') === isDark)[2];
  const colours = block.matchAll(/--flame-(\w+): #([\da-f]{6});/g);
  const parts = (hex) => hex.match(/../g).map((part) => linear(Number.parseInt(part, 16) / 255));
  return Object.fromEntries([...colours].map(([, name, hex]) => [name, parts(hex)]));
}

const luminance = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

for (const [name, isDark] of [
  ['light', false],
  ['dark', true],
]) {
  test(`${name}: names can be read on every colour`, () => {
    const colours = theme(isDark);
    for (const slot of ['root', ...PLAIN, ...HATCHED]) {
      const pair = [luminance(colours[slot]), luminance(colours.ink)].sort((a, b) => a - b);
      const contrast = (pair[1] + 0.05) / (pair[0] + 0.05);
      assert.ok(contrast >= 4.5, `${contrast.toFixed(2)} on ${slot}`);
    }
  });

  test(`${name}: plain colours are told apart with any colour vision`, () => {
    const colours = theme(isDark);
    for (const [vision, matrix] of Object.entries(VISIONS)) {
      const seen = PLAIN.map((slot) => oklab(times(matrix, colours[slot])));
      for (let a = 0; a < PLAIN.length; a++) {
        for (let b = 0; b < a; b++) {
          const distance = Math.hypot(...seen[a].map((part, at) => part - seen[b][at]));
          // Just noticeable are 0.02.
          const pair = `${PLAIN[a]} and ${PLAIN[b]}`;
          assert.ok(distance >= 0.05, `${vision}: ${distance.toFixed(3)} of ${pair}`);
        }
      }
    }
  });
}
