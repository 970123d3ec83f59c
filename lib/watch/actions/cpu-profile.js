'use strict';

/** The action `cpuProfile`: where this thread spends its time. @module */

const { profileAction } = require('./profile.js');

module.exports = profileAction({
  call: 'cpuProfile',
  seconds: 10,
  load: () => require('../../cpu-profile.js').cpuProfile,
});
