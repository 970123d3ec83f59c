'use strict';

// Snapshots by fork of what PM2 runs. PM2 holds its apps by signals, by messages and by the death of their
// process, and in cluster mode by a listening socket it shares with them: a forked child must not
// be taken for any of that. PM2 is installed into .cache: nobody but this test needs its 77 packages.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { test } = require('node:test');
const { setTimeout: delay } = require('node:timers/promises');

const { must, root } = require('../../scripts/support/run.js');
const { runNode } = require('../support/child.js');
const { BALLAST, CHILDREN } = require('../support/fork.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { names, onCleanup, tempDir } = require('../support/tempdir.js');

const VERSION = '7.0.4';
const TIMEOUT_MS = 120_000;

/** The file of PM2's command, which is installed where it is missing. */
async function pm2Command() {
  const home = path.join(root, '.cache', 'pm2', VERSION);
  if (!fs.existsSync(home)) await install(home);
  return path.join(home, 'node_modules', 'pm2', 'bin', 'pm2');
}

/** A rename makes it whole at once: tests of two Node lines may install at a time. */
async function install(home) {
  fs.mkdirSync(path.dirname(home), { recursive: true });
  const temporary = fs.mkdtempSync(`${home}-`);
  const options = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'];
  try {
    const args = ['install', `--prefix=${temporary}`, ...options, `pm2@${VERSION}`];
    await must(`installing pm2@${VERSION}`, 'npm', args);
    fs.renameSync(temporary, home);
  } catch (error) {
    if (!fs.existsSync(home)) throw error;
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}

/** PM2 with a daemon of the test's own, which ends with the test. */
class Pm2 {
  #command;
  #env;

  constructor(t, command) {
    this.#command = command;
    this.home = tempDir(t, 'rsprof-pm2-');
    this.#env = {
      PM2_HOME: this.home,
      PM2_DISABLE_VERSION_CHECK: 'true',
      // The daemon is whatever `node` is first: it is to be the Node under test.
      PATH: `${path.dirname(process.execPath)}:${process.env.PATH}`,
    };
    onCleanup(t, () => this.#end());
  }

  async run(...args) {
    const options = { file: this.#command, args, env: this.#env };
    const { stdout } = await runNode('', { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    return stdout;
  }

  /** What PM2 says of its apps, by their id. */
  async apps() {
    const [line] = (await this.run('jlist', '--silent')).trimEnd().split('\n').slice(-1);
    return JSON.parse(line).sort((a, b) => a.pm_id - b.pm_id);
  }

  #end() {
    const env = { ...process.env, ...this.#env };
    const options = { env, stdio: 'ignore', timeout: 30_000 };
    try {
      execFileSync(process.execPath, [this.#command, 'kill'], options);
    } catch {
      // What it did not end is ended below.
    }
    for (const pid of this.processes()) killIfThere(pid);
  }

  /** Ids of all processes that are of this home: the daemon, the apps and their children. */
  processes() {
    return fs.readdirSync('/proc').filter((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      try {
        const environment = fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        return environment.includes(`PM2_HOME=${this.home}`);
      } catch {
        return false; // Gone meanwhile, or somebody else's.
      }
    });
  }
}

function killIfThere(pid) {
  try {
    process.kill(Number(pid), 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** A server that takes a snapshot by fork when it has started, and leaves what came of it in `dir`. */
function writeApp(dir) {
  const file = path.join(dir, 'app.js');
  const text = `
    const fs = require('node:fs');
    const http = require('node:http');
    const rsprof = require(${JSON.stringify(root)});
    ${BALLAST} ${CHILDREN}
    class PlantedApp { plantedField = process.env.name; }
    globalThis.planted = new PlantedApp();
    const dir = ${JSON.stringify(path.join(dir, 'captures'))};
    // All that PM2 runs in cluster mode has one primary: with port 0 it would have one port, too.
    const socket = ${JSON.stringify(`${dir}/`)} + process.env.name + '.sock';
    const tell = (what) => {
      const file = ${JSON.stringify(`${dir}/told-`)} + process.env.pm_id;
      const { pid, version, env: { name } } = process;
      fs.writeFileSync(file + '.new', JSON.stringify({ name, pid, version, ...what }));
      fs.renameSync(file + '.new', file);
    };
    http.createServer((request, response) => response.end(String(process.pid)))
      .listen(socket, async () => {
        const snapshot = rsprof.heapSnapshot({ dir, strategy: 'fork', fallback: false });
        if (process.env.name.startsWith('stopped')) {
          // It shall be in the middle of it until somebody ends it.
          tell({ child: await held() });
          return console.log('not to be:', await snapshot.catch(told));
        }
        tell({ socket, result: await snapshot.catch(told) });
      });
  `;
  fs.writeFileSync(file, text);
  return file;
}

const APPS = [
  { name: 'forked', exec_mode: 'fork' },
  { name: 'clustered', exec_mode: 'cluster', instances: 2 },
  { name: 'stopped-forked', exec_mode: 'fork' },
  { name: 'stopped-clustered', exec_mode: 'cluster' },
];
const INSTANCES = 5;

/** Starts them all; gives PM2, and what the instances told. */
async function startApps(t) {
  const pm2 = new Pm2(t, await pm2Command());
  const dir = tempDir(t);
  const script = writeApp(dir);
  const apps = APPS.map((app) => ({ script, cwd: dir, ...app }));
  const config = path.join(dir, 'pm2.json');
  fs.writeFileSync(config, JSON.stringify({ apps }));
  await pm2.run('start', config);
  return { pm2, told: await waitForWord(pm2, dir) };
}

async function waitForWord(pm2, dir) {
  const end = performance.now() + TIMEOUT_MS;
  for (;;) {
    const files = names(dir).filter((name) => /^told-.*\d$/.test(name));
    const read = (name) => JSON.parse(fs.readFileSync(path.join(dir, name), 'utf8'));
    if (files.length === INSTANCES) return files.map(read);
    if (performance.now() > end) assert.fail(`${files}\n${logs(pm2)}`);
    await delay(50);
  }
}

function logs({ home }) {
  const folder = path.join(home, 'logs');
  return names(folder)
    .map((name) => `${name}:\n${fs.readFileSync(path.join(folder, name), 'utf8')}`)
    .join('\n');
}

function fetchText(socketPath) {
  return new Promise((resolve, reject) => {
    const options = { socketPath, agent: false };
    const request = http.get(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
  });
}

/** PM2 never lost sight of the app's processes, and they serve. */
async function assertServing(pm2, told) {
  const apps = (await pm2.apps()).filter(({ name }) => name === told[0].name);
  const pids = told.map(({ pid }) => pid).sort();
  assert.deepEqual(apps.map(({ pid }) => pid).sort(), pids, 'the processes that were started');
  for (const { pm2_env: app } of apps) {
    const { status, restart_time: restarts, unstable_restarts: unstable } = app;
    assert.deepEqual(
      { status, restarts, unstable },
      { status: 'online', restarts: 0, unstable: 0 },
    );
  }
  for (const { socket } of told) assert.ok(pids.includes(Number(await fetchText(socket))));
}

function assertTaken({ name, result, version }) {
  assert.equal(version, process.version, 'PM2 runs the Node under test');
  assert.equal(result.strategy, 'fork', JSON.stringify(result));
  const snapshot = readHeapSnapshot(result.path);
  const [planted, ...more] = snapshot
    .nodesNamed('PlantedApp')
    .filter((node) => snapshot.propertyNames(node).includes('plantedField'));
  assert.equal(snapshot.name(snapshot.follow(planted, 'plantedField')), name);
  assert.deepEqual(more, []);
}

async function assertStops(pm2, { name, pid, child }) {
  const family = [pid, child].map(String);
  const present = () => pm2.processes().filter((one) => family.includes(one));
  assert.deepEqual(present().sort(), [...family].sort(), `the child is at work\n${logs(pm2)}`);
  await pm2.run('stop', name);
  assert.deepEqual(present(), []);
  const [{ pm2_env: app }] = (await pm2.apps()).filter((one) => one.name === name);
  // PM2 counts a child as alive until somebody reaps it: init, since its parent is gone. Where init
  // takes its time PM2 gives up waiting and says 'errored'.
  assert.ok(['stopped', 'errored'].includes(app.status), app.status);
  assert.equal(app.restart_time, 0);
}

test('under PM2', { skip: process.platform !== 'linux' && 'a fork needs Linux' }, async (t) => {
  const { pm2, told } = await startApps(t);
  const toldBy = (name) => told.filter((one) => one.name === name);

  await t.test('in fork mode: taken by fork, and PM2 did not restart the app', async () => {
    const [one, ...more] = toldBy('forked');
    assert.deepEqual(more, []);
    assertTaken(one);
    await assertServing(pm2, [one]);
  });

  await t.test('in cluster mode: the same for two instances at a time', async () => {
    const both = toldBy('clustered');
    assert.equal(new Set(both.map(({ result }) => result.pid)).size, 2);
    for (const one of both) assertTaken(one);
    await assertServing(pm2, both);
  });

  for (const mode of ['forked', 'clustered']) {
    await t.test(`pm2 stop in the middle of a snapshot ends a ${mode} app and its child`, () =>
      assertStops(pm2, toldBy(`stopped-${mode}`)[0]),
    );
  }
});
