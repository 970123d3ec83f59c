/**
 * The thread on which Node 18.19 to 22.14 resolves imports loads this.
 *
 * @module
 */

import hook from './register.js';

export const { resolve } = hook;
