'use strict';

/** The action `heapProfile`: which functions allocate. @module */

const { profileAction } = require('./profile.js');

module.exports = profileAction({
  call: 'heapProfile',
  seconds: 30,
  load: () => require('../../heap-profile.js').heapProfile,
  // One that the user takes is waited for.
  more: { queue: true },
});
