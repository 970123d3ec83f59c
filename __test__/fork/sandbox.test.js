'use strict';

// V8's snapshot begins with a garbage collection, which runs the finalisers of the program's addons -
// in the child too. support/hostile-addon.c has one that does harm wherever it is not at home.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { buildAddon } = require('../support/c-addon.js');
const { runForJson } = require('../support/child.js');
const { BALLAST, CHILDREN } = require('../support/fork.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');

const { names, tempDir } = require('../support/tempdir.js');

const PRECIOUS = 'precious';

/** What the finaliser tries. Everything is refused but the two writes, which lead to /dev/null. */
const REFUSED = [
  ['unlink', 'rename', 'truncate', 'chmod', 'open', 'creat', 'mkdir', 'symlink', 'ftruncate'],
  ['socket', 'connect', 'send', 'shutdown'],
  ['kill', 'tgkill', 'sigqueue', 'fork', 'clone', 'execve', 'pidfd_open'],
  ['process_vm_writev', 'ptrace'],
].flat();

/**
 * Runs `body` in a process with the hostile addon, `release()` at hand to leave fifty of its objects
 * to the next full collection. Gives what `body` returned and what became of the process.
 */
async function withHostileAddon(t, mode, body) {
  const dir = tempDir(t);
  const file = (name) => path.join(dir, name);
  const addon = buildAddon(dir, 'hostile-addon');
  fs.writeFileSync(file('victim'), PRECIOUS);
  fs.writeFileSync(file('shared'), Buffer.alloc(4096));
  fs.mkdirSync(file('captures'));
  const script = `
    const fs = require('node:fs');
    const hostile = require(${JSON.stringify(addon)});
    const dir = ${JSON.stringify(file('captures'))};
    const signals = [];
    for (const signal of ['SIGTERM', 'SIGUSR2']) process.on(signal, () => signals.push(signal));
    hostile.arm(${[mode, file('victim'), file('newcomer'), file('shared')].map((text) => JSON.stringify(text))});
    // Old already: only a full collection takes them.
    let planted = Array.from({ length: 50 }, () => hostile.plant());
    gc();
    gc();
    const release = () => { planted = null; };
    const children = () => fs.readdirSync('/proc').filter((pid) => /^\\d+$/.test(pid)).filter((pid) => {
      try {
        const stat = fs.readFileSync('/proc/' + pid + '/stat', 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === process.pid;
      } catch { return false; }
    });
    const told = ({ code, message }) => ({ code, message });
    (async () => {
      const found = await (async () => { ${body} })();
      await new Promise((resolve) => setTimeout(resolve, 50));
      const state = hostile.state();
      gc();
      const end = { signals, state, children: children(), runsAtHome: hostile.state().runsHere };
      console.log(JSON.stringify({ found, ...end }));
    })();
  `;
  const told = await runForJson(script, { nodeArgs: ['--expose-gc'] });
  return { dir, file, ...told };
}

const SNAPSHOT = (options) => `
  release();
  return rsprof.heapSnapshot({ dir, strategy: 'fork', ${options} }).catch(told);
`;

function assertUnharmed({ dir, file, signals, state, children, runsAtHome }) {
  assert.deepEqual(names(dir), ['captures', 'hostile-addon.node', 'shared', 'victim']);
  assert.equal(fs.readFileSync(file('victim'), 'utf8'), PRECIOUS);
  assert.equal(fs.statSync(file('victim')).mode & 0o777, 0o666 & ~process.umask());
  assert.deepEqual([...fs.readFileSync(file('shared'))].filter(Boolean), []);
  assert.deepEqual(signals, []);
  assert.deepEqual(children, []);
  const { received, secretIntact, sharedIntact } = state;
  assert.equal(received, -1, 'nothing came over the socket, and it is open');
  assert.equal(secretIntact, 1, "the parent's memory");
  assert.equal(sharedIntact, 1, 'the shared memory');
  assert.equal(runsAtHome, 50, "the parent's own collection runs every finaliser, later");
}

/** The attempts and their answers, as the child said them on its standard error. */
function answers(message) {
  const found = message.matchAll(/([\w()]+)=(\w+)/g);
  return Object.fromEntries([...found].map(([, what, answer]) => [what, answer]));
}

test('the harm is real: a plain forked child does it, and these tests see it', async (t) => {
  const told = await withHostileAddon(t, 'unprotected', 'hostile.unprotected();');
  assert.equal(fs.existsSync(told.file('victim')), false);
  assert.ok(fs.existsSync(told.file('newcomer')));
  assert.match(fs.readFileSync(told.file('shared'), 'latin1'), /^broken/);
  assert.ok(told.signals.includes('SIGTERM') && told.signals.includes('SIGUSR2'));
  assert.ok(told.state.received > 0, 'something came over the socket');
  assert.equal(told.state.sharedIntact, 0);
  assert.throws(() => assertUnharmed(told));
});

test("a finaliser that the child's collection runs can do none of it, by its own account", async (t) => {
  const told = await withHostileAddon(t, 'and abort', SNAPSHOT('fallback: false'));
  assert.equal(told.found.code, 'ERR_RSPROF_FORK');
  assert.match(told.found.message, /signal 6/);
  const given = answers(told.found.message);
  for (const what of REFUSED) assert.equal(given[what], 'EPERM', what);
  assert.equal(given['write(file)'], 'done');
  assert.equal(given['write(socket)'], 'done');
  assertUnharmed(told);
  assert.deepEqual(names(told.file('captures')), []);
});

test('nor when it lets the child go on: the snapshot is whole, and so is everything else', async (t) => {
  const told = await withHostileAddon(t, 'and sleep', SNAPSHOT('fallback: false'));
  const { path: snapshot, fork, strategy } = told.found;
  assert.equal(strategy, 'fork');
  assert.equal(fork.confined, true);
  assert.ok(
    fork.childMs.graphMs >= 1000,
    "the finaliser ran within the child's collection: it slept",
  );
  readHeapSnapshot(snapshot);
  assertUnharmed(told);
});

test('a write to shared memory ends the child, is told, and the snapshot is taken here', async (t) => {
  const told = await withHostileAddon(t, 'write shared memory', SNAPSHOT('fallback: true'));
  const { path: snapshot, strategy, fallback } = told.found;
  assert.equal(strategy, 'inline');
  for (const reason of [fallback.reason, ...fallback.retries]) {
    assert.match(reason, /signal 11: about to write shared memory$/);
  }
  readHeapSnapshot(snapshot);
  assertUnharmed(told);
});

test('shared memory that nobody may write at the moment stays what it is', async (t) => {
  const told = await withHostileAddon(
    t,
    'write protected shared memory',
    SNAPSHOT('fallback: false'),
  );
  assert.equal(told.found.strategy, 'fork');
  readHeapSnapshot(told.found.path);
  assertUnharmed(told);
});

test('the shared memory is writable for the parent while the child lives and after', async (t) => {
  const body = `
    release();
    const snapshot = rsprof.heapSnapshot({ dir, strategy: 'fork', fallback: false });
    await new Promise((resolve) => setTimeout(resolve, 300));
    hostile.writeShared();
    const { fork } = await snapshot;
    hostile.writeShared();
    return { sawChild: fork.childMs.graphMs };
  `;
  const told = await withHostileAddon(t, 'and sleep', body);
  assert.ok(told.found.sawChild >= 1000, 'the child lived when the parent wrote');
  assert.match(fs.readFileSync(told.file('shared'), 'latin1'), /written by the parent/);
});

test('a finaliser that calls exit ends the child without its exit handlers, and is told', async (t) => {
  const body = `
    const own = process.pid;
    process.on('exit', () => fs.appendFileSync(dir + '/exits', String(process.pid === own)));
    ${SNAPSHOT('fallback: false')}
  `;
  const told = await withHostileAddon(t, 'and exit', body);
  assert.equal(told.found.code, 'ERR_RSPROF_FORK');
  assert.match(told.found.message, /status 0/);
  assert.equal(fs.readFileSync(path.join(told.dir, 'captures', 'exits'), 'utf8'), 'true');
  fs.unlinkSync(path.join(told.dir, 'captures', 'exits'));
  assertUnharmed(told);
});

test('a finaliser that never returns is ended by the budget', async (t) => {
  const told = await withHostileAddon(
    t,
    'and hang',
    SNAPSHOT('fallback: false, budget: { seconds: 3 }'),
  );
  assert.equal(told.found.code, 'ERR_RSPROF_BUDGET');
  assert.match(told.found.message, /3 s/);
  assertUnharmed(told);
});

test('a connection that the server closes during a snapshot closes for its client', async (t) => {
  const { closedAfter, took } = await runForJson(`
    const net = require('node:net');
    const { once } = require('node:events');
    globalThis.ballast = Array.from({ length: 100_000 }, (_, i) => ({ i, list: [i] }));
    (async () => {
      const server = net.createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = net.connect(server.address().port, '127.0.0.1');
      const [socket] = await once(server, 'connection');
      const dir = ${JSON.stringify(tempDir(t))};
      const snapshot = rsprof.heapSnapshot({ dir, strategy: 'fork', fallback: false });
      let over = false;
      snapshot.then(() => { over = true; });
      await new Promise((resolve) => setTimeout(resolve, 150));
      client.resume();
      const begin = performance.now();
      socket.destroy();
      await once(client, 'close');
      const closedAfter = performance.now() - begin;
      if (over) throw new Error('the snapshot was over before');
      await snapshot;
      const took = performance.now() - begin;
      server.close();
      console.log(JSON.stringify({ closedAfter, took }));
    })();
  `);
  assert.ok(closedAfter < took / 2, `closed after ${closedAfter} ms of ${took} ms`);
});

/** A look at the child from outside, while it works. */
test("what the child is: humble, confined, bound to its parent's life, without a way out", async (t) => {
  const found = await runForJson(`
    const fs = require('node:fs');
    globalThis.ballast = Array.from({ length: 200_000 }, (_, i) => ({ i, list: [i] }));
    process.on('SIGTERM', () => {});
    const stat = (pid) => {
      const text = fs.readFileSync('/proc/' + pid + '/stat', 'utf8');
      return text.slice(text.lastIndexOf(')') + 2).split(' ');
    };
    const childOf = (parent) => fs.readdirSync('/proc').find((pid) => {
      try { return /^\\d+$/.test(pid) && Number(stat(pid)[1]) === parent; } catch { return false; }
    });
    const field = (pid, name) =>
      new RegExp('^' + name + ':\\\\s+(.*)$', 'm').exec(fs.readFileSync('/proc/' + pid + '/status', 'utf8'))[1];
    const links = (pid) => fs.readdirSync('/proc/' + pid + '/fd')
      .map((fd) => fs.readlinkSync('/proc/' + pid + '/fd/' + fd));
    (async () => {
      const dir = ${JSON.stringify(tempDir(t))};
      const snapshot = rsprof.heapSnapshot({ dir, strategy: 'fork', fallback: false });
      await new Promise((resolve) => setTimeout(resolve, 250));
      const pid = childOf(process.pid);
      const found = {
        oom: fs.readFileSync('/proc/' + pid + '/oom_score_adj', 'utf8').trim(),
        nice: stat(pid)[16],
        core: /^Max core file size +(\\d+) +(\\d+)/m.exec(fs.readFileSync('/proc/' + pid + '/limits', 'utf8')).slice(1),
        threads: field(pid, 'Threads'),
        seccomp: field(pid, 'Seccomp'),
        noNewPrivileges: field(pid, 'NoNewPrivs'),
        caught: field(pid, 'SigCgt'),
        blocked: field(pid, 'SigBlk'),
        links: links(pid),
        maps: fs.readFileSync('/proc/' + pid + '/maps', 'utf8').split('\\n').filter((line) => / rw.s /.test(line)),
        parentOom: fs.readFileSync('/proc/self/oom_score_adj', 'utf8').trim(),
        parentNice: stat(process.pid)[16],
      };
      await snapshot;
      console.log(JSON.stringify(found));
    })();
  `);
  assert.equal(found.oom, '1000');
  assert.equal(found.nice, '10');
  assert.deepEqual(found.core, ['1', '1'], 'one byte: no core file, and nothing for a pipe');
  assert.equal(found.threads, '1');
  assert.equal(found.seccomp, '2');
  assert.equal(found.noNewPrivileges, '1');
  // glibc keeps its own two (32 and 33) from sigaction; they act within one process only.
  const handled = BigInt(`0x${found.caught}`) & ~(0b11n << 31n);
  assert.equal(handled, 0n, 'no signal handler of the program is left');
  assert.match(found.blocked, /^0+$/);
  assert.deepEqual(found.maps, [], 'no shared mapping is writable');
  const kinds = found.links.map((link) =>
    link.replace(/:\[\d+\]$/, '').replace(/^.*\.partial$/, 'partial'),
  );
  const others = kinds.filter((kind) => !/^(\/dev\/null|\/proc\/\d+\/smaps_rollup)$/.test(kind));
  const pipes = others.filter((kind) => kind === 'pipe').length;
  assert.ok(pipes >= 2 && pipes <= 3, 'reports, and standard error once or twice');
  assert.deepEqual(
    others.filter((kind) => kind !== 'pipe'),
    ['partial'],
  );
  assert.notEqual(found.parentOom, '1000');
  assert.notEqual(found.parentNice, '10');
});

test('the child of a process that is humbler than it stays as humble', async (t) => {
  const told = await runForJson(`
    ${CHILDREN} ${BALLAST}
    const fs = require('node:fs');
    require('node:os').setPriority(15);
    (async () => {
      const snapshot = rsprof.heapSnapshot({ dir: ${JSON.stringify(tempDir(t))}, strategy: 'fork' });
      const pid = await forked();
      // The child lowers itself before it does anything else.
      const niceness = () => fs.readFileSync('/proc/' + pid + '/stat', 'utf8').replace(/^.*\\) /s, '').split(' ')[16];
      const seen = [niceness()];
      await pause(100);
      seen.push(niceness());
      await snapshot;
      console.log(JSON.stringify(seen));
    })();`);
  assert.deepEqual(told, ['15', '15']);
});
