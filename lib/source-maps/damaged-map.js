'use strict';

/**
 * Why a map is of no use, in a few words that never quote the file: what a script names as its map may
 * be any file of this machine.
 *
 * @module
 */

class DamagedMap extends Error {
  name = 'DamagedMap';
}

module.exports = { DamagedMap };
