'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { analyzeProgram, testEach } = require('./support/programs.js');

const PROGRAMS = [
  { program: 'healthy-bare.js' },
  { program: 'healthy-server.js' },
  { program: 'healthy-busy-server.js' },
  { program: 'healthy-lru-cache.js' },
  { program: 'healthy-big-module.js' },
];

testEach(test, 'a healthy process has no suspect', PROGRAMS, async (t, row) => {
  const { suspects, verdict } = await analyzeProgram(t, row);
  const sentences = suspects.map(({ rule, sentence }) => `${rule}: ${sentence}`);
  assert.deepEqual(sentences, [], 'no false alarm');
  assert.match(verdict, /^No suspect/);
});
