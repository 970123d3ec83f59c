'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { UsageError, readArguments } = require('../../lib/cli/arguments.js');

function refuses(args, text) {
  assert.throws(
    () => readArguments(args),
    (error) => {
      assert.ok(error instanceof UsageError, error.stack);
      assert.ok(error.message.includes(text), `${error.message} lacks ${text}`);
      return true;
    },
  );
}

test('each command is read with its files and options', () => {
  assert.deepEqual(readArguments(['analyze', 'a', '--top', '5', '--html', 'b.html']), {
    command: 'analyze',
    files: ['a'],
    values: { html: 'b.html', top: 5 },
  });
  assert.deepEqual(readArguments(['diff', 'a', 'b', 'c', '--fail-on-growth', '5MB', '--json']), {
    command: 'diff',
    files: ['a', 'b', 'c'],
    values: { json: true, failOnGrowth: 5 * 2 ** 20 },
  });
  assert.deepEqual(readArguments(['inspect', 'a', '@65893', '--limit=3']), {
    command: 'inspect',
    files: ['a'],
    id: 65893,
    values: { limit: 3 },
  });
  assert.deepEqual(readArguments(['signature', '--out', 'b', 'a']), {
    command: 'signature',
    files: ['a'],
    values: { out: 'b' },
  });
  assert.deepEqual(readArguments(['blackbox', 'a', '--minutes', '30']), {
    command: 'blackbox',
    files: ['a'],
    values: { minutes: 30 },
  });
  assert.deepEqual(readArguments(['analyze', '--', '--odd-name']).files, ['--odd-name']);
});

test('help and version, wherever they stand', () => {
  for (const args of [['-h'], ['--help'], ['help']]) {
    assert.equal(readArguments(args).command, 'help');
  }
  for (const args of [
    ['help', 'diff'],
    ['diff', '--help'],
    ['diff', 'a', '-h'],
  ]) {
    assert.deepEqual(readArguments(args), { command: 'help', topic: 'diff' });
  }
  for (const args of [['-v'], ['--version'], ['diff', '--version']]) {
    assert.deepEqual(readArguments(args), { command: 'version' });
  }
});

test('wrong use is named', () => {
  refuses([], 'a command is missing');
  refuses(['analyse', 'a'], 'no command analyse');
  refuses(['toString', 'a'], 'no command toString');
  refuses(['analyze'], 'needs FILE');
  refuses(['analyze', 'a', 'b'], 'does not take b');
  refuses(['diff', 'a'], 'needs B');
  refuses(['inspect', 'a'], 'needs @ID');
  refuses(['inspect', 'a', 'Room'], 'such as @65893');
  refuses(['analyze', 'a', '--nope'], 'no option --nope');
  refuses(['analyze', 'a', '--html'], '--html');
  refuses(['analyze', 'a', '--json', '--markdown'], 'exclude each other');
  refuses(['signature', 'a', '--json'], 'no option --json');
  for (const top of ['0', '1001', 'x', '1.5', '-1', ''])
    refuses(['analyze', 'a', `--top=${top}`], '--top');
  for (const growth of ['x', '-5MB', '']) {
    refuses(['diff', 'a', 'b', `--fail-on-growth=${growth}`], 'a size such as 5MB');
  }
  refuses(['blackbox'], 'blackbox needs FILE');
  for (const minutes of ['0', '1441', 'x'])
    refuses(['blackbox', 'a', `--minutes=${minutes}`], '--minutes is an integer from 1 to 1440');
});
