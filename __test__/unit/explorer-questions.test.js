'use strict';

/** What can be asked of an open file, as it comes in a query string. */

const assert = require('node:assert/strict');
const test = require('node:test');
const { readQuestion } = require('../../lib/http/explorer-questions.js');
const { code } = require('./support.js');

test('what is not given has a default; numbers may be texts', () => {
  const page = { offset: 0, limit: 100 };
  assert.deepEqual(readQuestion('report'), {});
  assert.deepEqual(readQuestion('flame', {}), {});
  assert.deepEqual(readQuestion('classes'), { search: '', sort: 'retained', ...page });
  assert.deepEqual(readQuestion('dominators', { object: '' }), { object: null, ...page });
  assert.deepEqual(readQuestion('inspect', { id: '@7', limit: '1000' }), { id: 7, limit: 1000 });
  assert.deepEqual(readQuestion('objects', { class: '', offset: '4294967295', limit: 1 }), {
    class: '',
    offset: 4294967295,
    limit: 1,
  });
});

test('what is wrong is named', () => {
  const wrong = {
    "there is no question 'constructor'": ['constructor', {}],
    "'classes' takes no 'top'": ['classes', { top: 1 }],
    "'flame' takes no '__proto__x'": ['flame', { __proto__x: 1 }],
    "'limit' must be a whole number from 1 to 1000; got '1001'": ['classes', { limit: '1001' }],
    "'limit' must be a whole number from 1 to 1000; got 0": ['classes', { limit: 0 }],
    "'offset' must be a whole number from 0 to 4294967295; got '-1'": ['classes', { offset: '-1' }],
    "'offset' must be a whole number from 0 to 4294967295; got '4294967296'": [
      'classes',
      { offset: '4294967296' },
    ],
    "got '1e3'": ['classes', { limit: '1e3' }],
    "got [ '5' ]": ['classes', { limit: ['5'] }],
    "'id' must be the id of an object, such as 65893; got undefined": ['inspect', {}],
    "'object' must be the id": ['dominators', { object: 'x' }],
    "'sort' must be one of retained, self, count, name; got 'size'": ['classes', { sort: 'size' }],
    "'class' must be a text of at most 1000 characters": ['objects', {}],
    "'search' must be a text": ['classes', { search: 'x'.repeat(1001) }],
  };
  for (const [message, [question, given]] of Object.entries(wrong)) {
    const check = code('INVALID_ARG', (error) => {
      assert.ok(error.message.includes(message), error.message);
      return true;
    });
    assert.throws(() => readQuestion(question, given), check);
  }
});
