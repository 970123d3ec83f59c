'use strict';

/**
 * An emitter whose listeners cannot hurt it: what one throws is a line in the debug log.
 *
 * @module
 */

const { EventEmitter } = require('node:events');
const { log } = require('../diagnostics.js');

class QuietEmitter extends EventEmitter {
  constructor() {
    super();
    // One for each page that looks: their number is limited elsewhere.
    this.setMaxListeners(0);
  }

  /** As `emit()`; never throws. */
  tell(event, ...values) {
    try {
      this.emit(event, ...values);
    } catch (error) {
      log('profiler: a listener of %s failed: %s', event, error?.message);
    }
  }
}

module.exports = { QuietEmitter };
