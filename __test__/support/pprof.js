'use strict';

// pprof files as others read them: Datadog's pprof-format, and `go tool pprof` where Go is installed.

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const zlib = require('node:zlib');

const { Profile } = require('pprof-format');

const go = process.env.GO || 'go';

/** Whether `go tool pprof` is to be had. */
const hasGo = spawnSync(go, ['tool', '-n', 'pprof']).status === 0;

/** The profile in a file: `{ types, samples: [{ stack, values, labels }] }`, frames outermost first. */
function readPprof(file) {
  const profile = Profile.decode(zlib.gunzipSync(fs.readFileSync(file)));
  const text = (number) => profile.stringTable.strings[Number(number)];
  const functions = new Map(profile.function.map((one) => [Number(one.id), one]));
  const frames = new Map();
  for (const { id, line } of profile.location) {
    const one = functions.get(Number(line[0].functionId));
    frames.set(Number(id), {
      name: text(one.name),
      file: text(one.filename),
      start: Number(one.startLine),
      line: Number(line[0].line),
    });
  }
  return {
    types: profile.sampleType.map(({ type, unit }) => `${text(type)}/${text(unit)}`),
    defaultType: text(profile.defaultSampleType),
    timeNanos: BigInt(profile.timeNanos),
    durationNanos: Number(profile.durationNanos),
    period: Number(profile.period),
    samples: profile.sample.map(({ locationId, value, label }) => ({
      stack: locationId.map((id) => frames.get(Number(id))).reverse(),
      values: value.map(Number),
      labels: Object.fromEntries(label.map(({ key, str }) => [text(key), text(str)])),
    })),
  };
}

/** What `go tool pprof` prints. */
function goPprof(...args) {
  const env = { ...process.env, PPROF_TMPDIR: process.env.TMPDIR || '/tmp' };
  return execFileSync(go, ['tool', 'pprof', ...args], { encoding: 'utf8', env, stdio: 'pipe' });
}

module.exports = { goPprof, hasGo, readPprof };
