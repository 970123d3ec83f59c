'use strict';

// The contenders, each as a function that runs inside its own child process. `take(file)` gives a
// promise of `{ file, pauseMs? }` when the snapshot is whole on disk; `pauseMs` is the tool's own word.

const fs = require('node:fs');
const { pipeline } = require('node:stream/promises');
const v8 = require('node:v8');
const zlib = require('node:zlib');

const rsprof = (options) => () => {
  const { heapSnapshot } = require('../..');
  return async (file) => {
    const settings = { path: file, compression: 'gzip', sidecar: false, ...options };
    const { path, pauseMs } = await heapSnapshot(settings);
    return { file: path, pauseMs };
  };
};

const SNAPSHOTS = {
  'v8.writeHeapSnapshot': {
    setUp: () => async (file) => ({ file: v8.writeHeapSnapshot(file) }),
  },
  'v8.getHeapSnapshot to gzip': {
    setUp: () => async (file) => {
      const gzip = zlib.createGzip({ level: 1 });
      await pipeline(v8.getHeapSnapshot(), gzip, fs.createWriteStream(file));
      return { file };
    },
  },
  heapdump: {
    peer: 'heapdump',
    setUp: (folder) => (file) => {
      const heapdump = require(folder);
      return new Promise((resolve, reject) => {
        heapdump.writeSnapshot(file, (error, name) =>
          error ? reject(error) : resolve({ file: name }),
        );
      });
    },
  },
  'v8-profiler-next': {
    peer: 'v8-profiler-next',
    setUp: (folder) => async (file) => {
      const profiler = require(folder);
      const snapshot = profiler.takeSnapshot();
      await pipeline(snapshot.export(), fs.createWriteStream(file));
      snapshot.delete();
      return { file };
    },
  },
  'rsprof fork, gzip': { backend: 'native', setUp: rsprof({ strategy: 'fork' }) },
  'rsprof fork, zstd': {
    backend: 'native',
    setUp: rsprof({ strategy: 'fork', compression: 'zstd' }),
  },
  'rsprof inline, none': {
    backend: 'native',
    setUp: rsprof({ strategy: 'inline', compression: 'none' }),
  },
  'rsprof inline, gzip': { backend: 'native', setUp: rsprof({ strategy: 'inline' }) },
  'rsprof inline, zstd': {
    backend: 'native',
    setUp: rsprof({ strategy: 'inline', compression: 'zstd' }),
  },
  'rsprof inline, gzip, redacted': {
    backend: 'native',
    setUp: rsprof({ strategy: 'inline', redact: 'strings' }),
  },
  'rsprof inspector, gzip': { backend: 'inspector', setUp: rsprof({}) },
};

/**
 * CPU profilers, made with the folder of their package and the microseconds between samples: `start()` and
 * `stop(file)` as a user calls them; `stop` gives when the profile is at hand.
 */
const PROFILERS = {
  'no profiler': { setUp: () => ({ start() {}, stop() {} }) },
  'node:inspector': { setUp: (_, interval) => inspectorCpu(interval) },
  'v8-profiler-next': { peer: 'v8-profiler-next', setUp: v8ProfilerCpu },
  '@datadog/pprof': { peer: '@datadog/pprof', setUp: datadogCpu },
  'rsprof eager': {
    backend: 'native',
    setUp: (_, interval) => rsprofCpu({ interval, logging: 'eager' }),
  },
  'rsprof lazy': {
    backend: 'native',
    setUp: (_, interval) => rsprofCpu({ interval, logging: 'lazy' }),
  },
  'rsprof inspector': { backend: 'inspector', setUp: (_, interval) => rsprofCpu({ interval }) },
};

function inspectorCpu(interval) {
  const { Session } = require('node:inspector');
  let session;
  return {
    start() {
      session = new Session();
      session.connect();
      session.post('Profiler.enable');
      session.post('Profiler.setSamplingInterval', { interval });
      session.post('Profiler.start');
    },
    stop(file) {
      session.post('Profiler.stop', (error, answer) => {
        if (error) throw new Error(error.message);
        fs.writeFileSync(file, JSON.stringify(answer.profile));
      });
      session.disconnect();
    },
  };
}

function v8ProfilerCpu(folder, interval) {
  const profiler = require(folder);
  profiler.setSamplingInterval(interval);
  return {
    start: () => profiler.startProfiling('bench', true),
    stop(file) {
      const profile = profiler.stopProfiling('bench');
      fs.writeFileSync(file, JSON.stringify(profile));
      profile.delete();
    },
  };
}

function datadogCpu(folder, interval) {
  const { encode, time } = require(folder);
  return {
    start: () => time.start({ intervalMicros: interval }),
    async stop(file) {
      fs.writeFileSync(file, await encode(time.stop()));
    },
  };
}

function rsprofCpu(options) {
  const { backend, startCpuProfile } = require('../..');
  backend();
  let handle;
  return {
    start() {
      handle = startCpuProfile({ ...options, dir: process.env.BENCH_DIR, sidecar: false });
    },
    stop: () => handle.stop(),
  };
}

/** Readers of a .cpuprofile: a function of the file that gives a word on what it found. */
const READERS = {
  'JSON.parse': {
    setUp: () => (file) => `${JSON.parse(fs.readFileSync(file, 'utf8')).nodes.length} nodes`,
  },
  'rsprof analyze': {
    backend: 'native',
    setUp: () => {
      const { analyze } = require('../..');
      return async (file) => JSON.stringify((await analyze(file)).verdict).slice(0, 200);
    },
  },
};

module.exports = { PROFILERS, READERS, SNAPSHOTS };
