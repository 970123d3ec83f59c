import heapdump = require('rsprof/compat/heapdump');
import memwatch = require('rsprof/compat/memwatch');
import legacy = require('rsprof/compat/memwatch-next');

export const written: boolean = heapdump.writeSnapshot('a', (error, filename) => {
  if (!error) filename?.length;
});
heapdump.writeSnapshot((error: Error | null) => error?.message);

memwatch.on('stats', ({ gc_ts, used_heap_size }) => gc_ts + used_heap_size);
memwatch.once('leak', ({ growth, reason, verdict }: memwatch.Leak) => [growth, reason, verdict]);
memwatch.removeAllListeners().gc(500);
memwatch.configure({ stats: 'legacy', leak: 'trend' });
legacy.on('stats', ({ current_base, usage_trend }) => current_base + usage_trend);

const diff: memwatch.HeapDiff = new memwatch.HeapDiff();
export const added: number | undefined = diff.end().change.details[0]?.['+'];

// @ts-expect-error: there is no such rule
memwatch.configure({ leak: 'never' });
// @ts-expect-error: `new` is needed
memwatch.HeapDiff();
// @ts-expect-error: that is what the other one has
memwatch.on('stats', ({ current_base }) => current_base);
