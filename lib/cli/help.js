'use strict';

/**
 * What `--help` says.
 *
 * @module
 */

const GENERAL = `rsprof: who holds the memory of a Node.js process and who burns its time, from its captures

  npx rsprof analyze FILE          the verdict: who holds the memory, or who burns the time
  npx rsprof diff A B [C...]       what grew from one snapshot to the next, or got slower
  npx rsprof inspect FILE @ID      one object: what it holds, who holds it
  npx rsprof signature FILE        the snapshot in less than 1 MB, to be kept and compared
  npx rsprof export FILE           a CPU or allocation profile for pprof, speedscope, Chrome and others
  npx rsprof rules check FILE      whether rules are right, in words, and when they would have fired
  npx rsprof blackbox FILE         what happened before a watched process died
  npx rsprof migrate [NAME...]     rsprof in the place of heapdump, v8-profiler and memwatch, in dependencies too

FILE is a .heapsnapshot, .cpuprofile or .heapprofile, also as .gz or .zst; diff takes signatures too.
export takes profiles, inspect and signature take snapshots, blackbox takes a .rsprof file or a folder of them.

  -h, --help       this text; with a command: its options
  -v, --version    the version

Exit codes: 0 done, 1 growth above --fail-on-growth or rules that are wrong, 2 wrong use or failure.
NO_COLOR and FORCE_COLOR are honoured. Nothing leaves this machine.
`;

const COMMANDS = Object.freeze({
  analyze: `npx rsprof analyze FILE [options]

Of a heap snapshot, who holds the memory: the verdict and its suspects, what the heap is made of, the
classes and objects that retain most, duplicate strings, collections. Of a profile, who burns the time (or
allocates): the verdict and its findings, whose code ran, functions, hot lines.

  --html OUT    write a page, one file that needs no network; of a profile its flame graph
  --json        the whole report as JSON
  --markdown    for an issue
  --top N       rows of each table (default: 10; 20 in JSON and HTML)

The sidecar that rsprof wrote beside FILE tells how much of the process's memory is not in the snapshot.
`,
  diff: `npx rsprof diff A B [C...] [options]

What grew from the first file to the last, class by class, and where it is held. Oldest first. Of two
profiles: what got slower or faster, and what is noise.

  --fail-on-growth SIZE    exit with 1 when the heap grew by more: 5MB, 300kB, 1.5GB, 0 (snapshots)
  --json                   the whole comparison as JSON
  --markdown               for an issue
  --top N                  rows of each table (default: 10; 20 in JSON)

Each of them may be a snapshot or a signature, or both are profiles of one kind.
`,
  inspect: `npx rsprof inspect FILE @ID [options]

One object: its properties, who refers to it, what would be freed with it, its path from a root. Ids are the
@numbers of the report and of Chrome DevTools.

  --json       as JSON
  --limit N    rows of each list (default: 20)
`,
  signature: `npx rsprof signature FILE [options]

The snapshot in less than 1 MB (classes, paths, sizes; no contents of strings), for rsprof diff.

  --out OUT    write it to a file (default: to standard output)
`,
  export: `npx rsprof export FILE --format FORMAT --out OUT

A CPU or allocation profile in the format of another tool. FILE is a .cpuprofile or .heapprofile of any
tool, also as .gz or .zst.

  --format pprof         profile.proto, gzip: go tool pprof -http=: OUT, Grafana Pyroscope
           speedscope    JSON for speedscope, in the order of time
           folded        a line for each stack: flamegraph.pl, inferno
           chrome        a .cpuprofile or .heapprofile that Chrome DevTools opens
           html          a flame graph: one page that needs no network
  --out OUT              the file to write

Idle time is left out of pprof and folded stacks, and is a gap in speedscope.
`,
  rules: `npx rsprof rules check FILE [options]

Whether a file of rules for rsprof.watch() is right: each rule in words, or what is wrong with it. Nothing
is captured.

  --history BLACKBOX    when each rule would have fired over what a black box has recorded
  --json                as JSON

Exit codes: 0 all are right, 1 something in FILE is wrong, 2 wrong use or failure.
`,
  blackbox: `npx rsprof blackbox FILE [options]

What happened before a process died: the verdict in words, its last readings against their limits, its last
events. FILE is a .rsprof file that rsprof.watch() keeps, or a folder of them: then the newest of those that
did not end by themselves is shown, and the others are listed. Its process may still run. Times are UTC.

  --minutes N    how far the readings go back, 1 to 1440 (default: 10)
  --json         as JSON, with the readings
`,
  migrate: `npx rsprof migrate [NAME...] [options]

Has this project use rsprof in the place of heapdump, v8-profiler, v8-profiler-next, @airbnb/node-memwatch,
memwatch-next, memwatch and node-memwatch, also where its dependencies require them: changes package.json in
this folder, for npm install to follow. For pnpm and yarn it says what to change. Without NAME: all of them
that package.json or its lock file knows.

  --dry-run    print what would change, and change nothing
  --undo       take it back
  --force      though package.json has changes that are not committed
`,
});

module.exports = { COMMANDS, GENERAL };
