'use strict';

// The story of `pack`, from real runs of the example under load: the verdict, the fix, the difference.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { tell } = require('../../examples/chat-server/story.js');
const { tempDir } = require('../support/tempdir.js');

test('the chat server that packs once for each listener, before and after the fix', async (t) => {
  const { before, after, diff } = await tell(tempDir(t));
  t.diagnostic(before.verdict);
  t.diagnostic(after.verdict);
  t.diagnostic(diff.verdict);

  const [first] = before.findings;
  assert.equal(first.function.name, 'pack');
  assert.equal(first.callers[0].name, 'sendChatroomMsg');
  assert.equal(first.rule, 'per-listener');
  assert.match(before.verdict, /^pack \(pack\.js:\d+\) burns .* from sendChatroomMsg \(chat\.js:/);
  assert.ok(first.share > 0.2, `${first.share}`);
  assert.match(first.advice, /once in sendChatroomMsg/);

  const packNow = after.bySelf.find(({ name }) => name === 'pack');
  assert.ok((packNow?.selfShare ?? 0) < first.share / 3, `${packNow?.selfShare}`);
  assert.ok(
    after.findings.every(({ rule }) => rule !== 'per-listener'),
    after.verdict,
  );

  const change = diff.functions.find(({ name }) => name === 'pack');
  assert.ok(change.own.after < change.own.before / 2, JSON.stringify(change.own));
  // On a machine that hardly runs the server few samples are left, and the noise is told as large.
  assert.equal(change.own.significant, change.own.before - change.own.after > change.own.noise);
  if (Math.min(...diff.samples) > 50) assert.ok(change.own.significant, JSON.stringify(change.own));
});
