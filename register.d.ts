import type { Watcher } from './index.js';

/**
 * Requiring this module starts `watch()` with the options of the environment.
 * `null` where it could not start; a process warning says why.
 */
export const watcher: Watcher | null;
