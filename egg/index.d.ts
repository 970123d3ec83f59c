import type { KoaProfilerOptions } from '../koa.js';

declare namespace plugin {
  /** `config.rsprof` of an Egg application; `enable: false` switches the route off. */
  interface EggProfilerOptions extends KoaProfilerOptions {
    enable?: boolean;
  }
}

/**
 * The plugin for Egg 3: `exports.rsprof = require('rsprof/egg')` in `config/plugin.js`. Options stand in
 * `config.rsprof`. The token is better kept in `RSPROF_PROFILER_TOKEN`. Each worker shows itself.
 */
declare const plugin: { enable: boolean; package: string };

export = plugin;
