import rsprof = require('rsprof');

const { heapSnapshot, startCpuProfile } = rsprof;

export async function capture(): Promise<string> {
  const handle: rsprof.CpuProfileHandle = startCpuProfile();
  const { path }: rsprof.HeapSnapshotResult = await heapSnapshot();
  await handle.stop();
  return path;
}

import eggPlugin = require('rsprof/egg');
import fastifyPlugin = require('rsprof/fastify');
import koaProfiler = require('rsprof/koa');

const options: koaProfiler.KoaProfilerOptions = { prefix: '/profiler', hosts: ['internal'] };
export const middleware: koaProfiler.KoaProfilerMiddleware = koaProfiler(options);
export const plugin: (instance: object, options: { token?: string }, done: () => void) => void =
  fastifyPlugin;
export const packageName: string = eggPlugin.package;

export const route: rsprof.ProfilerMiddleware = rsprof.profiler({
  authorize: async (request, { acts }) => !acts || request.headers['x-user'] === 'admin',
  rate: { captures: 5 },
  limits: { quota: '1GB' },
});

// @ts-expect-error an answer that is no boolean
rsprof.profiler({ authorize: () => 1 });
// @ts-expect-error Fastify has a prefix of its own
const _wrong: fastifyPlugin.FastifyProfilerOptions = { prefix: '/profiler' };
