'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const {
  CODES,
  RsprofError,
  fromSystemError,
  invalidArgument,
  toRsprofError,
} = require('../../lib/errors.js');

function systemError(code) {
  return Object.assign(new Error(`${code}: system text`), { code });
}

test('an RsprofError has its name, code, message and cause', () => {
  const cause = new Error('behind');
  const error = new RsprofError('ERR_RSPROF_IO', 'what happened', { cause });
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'RsprofError');
  assert.equal(error.code, 'ERR_RSPROF_IO');
  assert.equal(error.cause, cause);
  assert.match(error.stack, /^RsprofError: what happened/);
  assert.ok(!('cause' in new RsprofError('ERR_RSPROF_IO', 'x')));
  assert.deepEqual(Object.keys(error), ['code']);
});

test('system errors map to their codes', () => {
  const expected = {
    ENOSPC: 'DISK_FULL',
    EDQUOT: 'DISK_FULL',
    EFBIG: 'DISK_FULL',
    EACCES: 'ACCESS',
    EPERM: 'ACCESS',
    EROFS: 'ACCESS',
    ERR_ACCESS_DENIED: 'ACCESS',
    EEXIST: 'EXISTS',
    EISDIR: 'IS_DIRECTORY',
    ENOENT: 'NOT_FOUND',
    ENOTDIR: 'NOT_FOUND',
    EIO: 'IO',
    EMFILE: 'IO',
  };
  for (const [system, own] of Object.entries(expected)) {
    const cause = systemError(system);
    const error = fromSystemError(cause, 'create the file', '/d/f');
    assert.equal(error.code, `ERR_RSPROF_${own}`, system);
    assert.equal(error.cause, cause);
    assert.match(error.message, /cannot create the file \/d\/f: /);
    assert.ok(error.message.includes(system), error.message);
    assert.ok(CODES.includes(error.code));
  }
});

test('what is an RsprofError stays the same object', () => {
  const error = invalidArgument('x');
  assert.equal(error.code, 'ERR_RSPROF_INVALID_ARG');
  assert.equal(fromSystemError(error, 'write', '/f'), error);
  assert.equal(toRsprofError(error, 'write'), error);
});

test('toRsprofError keeps a known code and makes all else INTERNAL', () => {
  const native = Object.assign(new Error('busy'), { code: 'ERR_RSPROF_BUSY' });
  assert.equal(toRsprofError(native, 'x').code, 'ERR_RSPROF_BUSY');
  assert.equal(toRsprofError(native, 'x').message, 'busy');
  const odd = toRsprofError(new TypeError('undefined is not a function'), 'take the heap snapshot');
  assert.equal(odd.code, 'ERR_RSPROF_INTERNAL');
  assert.match(odd.message, /cannot take the heap snapshot: undefined is not/);
  assert.equal(toRsprofError('text', 'x').code, 'ERR_RSPROF_INTERNAL');
  assert.equal(toRsprofError(undefined, 'x').code, 'ERR_RSPROF_INTERNAL');
});

test('the types name every code, in the same order', () => {
  const types = fs.readFileSync(path.join(__dirname, '../../index.d.ts'), 'utf8');
  const declared = types.slice(types.indexOf('type RsprofErrorCode'));
  const names = declared.slice(0, declared.indexOf("';") + 1).match(/ERR_RSPROF_\w+(?=')/g);
  assert.deepEqual(names, [...CODES]);
});
