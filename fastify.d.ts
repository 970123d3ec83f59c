import type { ProfilerOptions } from './index.js';

declare namespace profiler {
  /** `prefix` is that of `register()`: default `/profiler`. */
  type FastifyProfilerOptions = Omit<ProfilerOptions, 'prefix'>;
}

/**
 * The route of `profiler()` as a plugin of Fastify 4 and 5. It is encapsulated: other routes stay as they are. Hooks
 * that the app added before run before it; those of later steps (`preParsing`, `preHandler` ...) do not run for it.
 *
 * @throws {RsprofError} `INVALID_ARG`, through `done`
 *
 * @example
 * fastify.register(profiler, { prefix: '/profiler', token: process.env.PROFILER_TOKEN });
 */
declare function profiler(
  instance: unknown,
  options: profiler.FastifyProfilerOptions,
  done: (error?: Error) => void,
): void;

export = profiler;
