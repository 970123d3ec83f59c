'use strict';

/**
 * What `--help` says.
 *
 * @module
 */

const GENERAL = `rsprof: who holds the memory of a Node.js process, from its heap snapshots

  npx rsprof analyze FILE          the verdict: leak suspects, classes, biggest objects
  npx rsprof diff A B [C...]       what grew from one snapshot to the next
  npx rsprof inspect FILE @ID      one object: what it holds, who holds it
  npx rsprof signature FILE        the snapshot in less than 1 MB, to be kept and compared
  npx rsprof export FILE           a CPU or allocation profile for pprof, speedscope, Chrome and others

FILE is a .heapsnapshot, also as .gz or .zst; diff takes signatures too. export takes a .cpuprofile or
.heapprofile.

  -h, --help       this text; with a command: its options
  -v, --version    the version

Exit codes: 0 done, 1 growth above --fail-on-growth, 2 wrong use or failure.
NO_COLOR and FORCE_COLOR are honoured. Nothing leaves this machine.
`;

const COMMANDS = Object.freeze({
  analyze: `npx rsprof analyze FILE [options]

Who holds the memory: the verdict and its suspects, what the heap is made of, the classes and objects
that retain most, duplicate strings, collections.

  --html OUT    write a page, one file that needs no network
  --json        the whole report as JSON
  --markdown    for an issue
  --top N       rows of each table (default: 10; 20 in JSON and HTML)

The sidecar that rsprof wrote beside FILE tells how much of the process's memory is not in the snapshot.
`,
  diff: `npx rsprof diff A B [C...] [options]

What grew from the first file to the last, class by class, and where it is held. Oldest first.

  --fail-on-growth SIZE    exit with 1 when the heap grew by more: 5MB, 300kB, 1.5GB, 0
  --json                   the whole comparison as JSON
  --markdown               for an issue
  --top N                  rows of each table (default: 10; 20 in JSON)

Each of them may be a snapshot or a signature.
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
});

module.exports = { COMMANDS, GENERAL };
