import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ProfilerOptions } from './index.js';

declare namespace profiler {
  interface KoaProfilerOptions extends ProfilerOptions {
    /** The path of the route. Default `/profiler`; `''` below koa-mount. */
    prefix?: string;
  }

  /** What the middleware uses of Koa's context. */
  interface KoaContext {
    req: IncomingMessage;
    res: ServerResponse;
    url: string;
    originalUrl: string;
    respond?: boolean;
  }

  interface KoaProfilerMiddleware {
    (context: KoaContext, next: () => Promise<unknown>): Promise<unknown>;
    /** As of `ProfilerMiddleware` in `rsprof`. */
    close(): Promise<void>;
  }
}

/**
 * The route of `profiler()` as a middleware of Koa 2 and 3, and of Egg. Put it before middleware that reads bodies or
 * checks for csrf.
 *
 * @throws {RsprofError} `INVALID_ARG`
 *
 * @example
 * app.use(profiler({ token: process.env.PROFILER_TOKEN }));
 */
declare function profiler(options?: profiler.KoaProfilerOptions): profiler.KoaProfilerMiddleware;

export = profiler;
