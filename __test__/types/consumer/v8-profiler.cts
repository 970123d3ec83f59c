import profiler = require('rsprof/compat/v8-profiler');
const s: profiler.Snapshot = profiler.takeSnapshot();
s.delete();
