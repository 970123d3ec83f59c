'use strict';

/**
 * `v8-profiler-next` without a compiler: see v8-profiler-next.d.ts and docs/migrating.md.
 *
 * @module
 */

module.exports = require('../lib/compat/v8-profiler/profiler.js').nextProfiler();

// Never run: from this Node learns which names `import { … }` finds. The getters are read once, at the import.
0 &&
  // biome-ignore lint/suspicious/noAssignInExpressions: as the lexer of Node wants it
  (module.exports = {
    snapshots: undefined,
    takeSnapshot: undefined,
    deleteAllSnapshots: undefined,
    startTrackingHeapObjects: undefined,
    stopTrackingHeapObjects: undefined,
    getHeapStats: undefined,
    getObjectByHeapObjectId: undefined,
    getHeapObjectId: undefined,
    profiles: undefined,
    setGenerateType: undefined,
    setProfilesCleanupLimit: undefined,
    startProfiling: undefined,
    stopProfiling: undefined,
    setSamplingInterval: undefined,
    deleteAllProfiles: undefined,
    collectSample: undefined,
    startSamplingHeapProfiling: undefined,
    stopSamplingHeapProfiling: undefined,
  });
