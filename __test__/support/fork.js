'use strict';

const { runForJson } = require('./child.js');

// Script text for children that take snapshots by fork, and looks at a process and its children.

/** `children(pid)`: ids and states of a process's children; `forked(pid)`: waits for the first one. */
const CHILDREN = `
  const stateOf = (pid) => {
    const text = require('node:fs').readFileSync('/proc/' + pid + '/stat', 'utf8');
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid: Number(pid), state, parent: Number(parent) };
  };
  const children = (parent = process.pid) => require('node:fs').readdirSync('/proc')
    .filter((name) => /^\\d+$/.test(name))
    .flatMap((pid) => { try { return [stateOf(pid)]; } catch { return []; } })
    .filter((one) => one.parent === parent);
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const forked = async (parent = process.pid) => {
    for (;;) {
      const [child] = children(parent);
      if (child) return child.pid;
      await pause(2);
    }
  };
  // A child that is stopped in the middle of its work: one that has just ended takes the signal, too.
  const held = async (parent = process.pid) => {
    for (;;) {
      const pid = await forked(parent);
      try { process.kill(pid, 'SIGSTOP'); } catch { continue; }
      for (;;) {
        const now = children(parent).find((one) => one.pid === pid);
        if (now?.state === 'T') return pid;
        await pause(2);
        if (!now || now.state === 'Z') break;
      }
    }
  };
  const told = ({ code, message }) => ({ code, message });
`;

/** A heap for which a child is at work for a second or more. */
const BALLAST = `
  class Ballast { constructor(i) { this.a = i; this.b = [i]; } }
  globalThis.ballast = Array.from({ length: 40_000 }, (_, i) => new Ballast(i));
`;

/** Takes a snapshot of a heap that keeps a child busy for a while; gives the result or the error. */
function takeByFork(dir, options, { before = '', during = '', ...rest } = {}) {
  return runForJson(
    `
    ${CHILDREN} ${BALLAST}
    const dir = ${JSON.stringify(dir)};
    (async () => {
      ${before}
      const begin = performance.now();
      const snapshot = rsprof.heapSnapshot({ dir, strategy: 'fork', ${options} }).catch((error) => ({
        ...told(error), cause: error.cause && told(error.cause),
      }));
      ${during}
      const result = await snapshot;
      const took = performance.now() - begin;
      console.log(JSON.stringify({ ...result, took, left: children() }));
    })();`,
    rest,
  );
}

module.exports = { BALLAST, CHILDREN, takeByFork };
