'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** The folder of the project: every command runs there. */
const root = path.join(__dirname, '..', '..');

/**
 * Runs a command to its end and gives `{ code, output, seconds }`; it rejects for nothing but a
 * command that cannot be started or that takes longer than `timeout` milliseconds.
 */
function run(command, args, { env, cwd = root, timeout = 20 * 60_000, onOutput } = {}) {
  const started = performance.now();
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      onOutput?.(text);
    });
  }
  const timer = setTimeout(() => {
    output += `\n[ended after ${timeout / 1000} s: it took too long]\n${groupText(child.pid)}\n`;
    killGroup(child);
  }, timeout);
  const onExit = () => killGroup(child);
  process.on('exit', onExit);
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      process.off('exit', onExit);
    };
    child.on('error', (error) => {
      settle();
      reject(new Error(`cannot run ${command}: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      settle();
      const seconds = (performance.now() - started) / 1000;
      resolve({ code: code ?? 1, signal, output, seconds });
    });
  });
}

/** What was still running, where the kernel tells: each process of a group, its state, its threads. */
function groupText(group) {
  if (!fs.existsSync('/proc/self/stat')) return '';
  const lines = [];
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      // After the name in parentheses: state, parent, group.
      const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, parent, own] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(own) !== group) continue;
      const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const threads = fs
        .readdirSync(`/proc/${pid}/task`)
        .map((id) => waitsIn(`/proc/${pid}/task/${id}`));
      lines.push(`${pid} of ${parent} ${state} ${command.slice(0, 400)}\n  ${threads.join(', ')}`);
    } catch {
      // It has ended meanwhile.
    }
  }
  return lines.join('\n');
}

/** `node: ep_poll`: a thread and the function of the kernel that it waits in. */
function waitsIn(task) {
  return `${fs.readFileSync(`${task}/comm`, 'utf8').trim()}: ${fs.readFileSync(`${task}/wchan`, 'utf8')}`;
}

/** The command and whatever it started: they are a process group of their own. */
function killGroup(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** The same, for steps that everything after them needs: a failure shows the output and throws. */
async function must(what, command, args, options) {
  const result = await run(command, args, options);
  if (result.code === 0) return result;
  throw new Error(`${what} failed (${command} ${args.join(' ')})\n${tail(result.output)}`);
}

/** The last lines of a long output. */
function tail(text, lines = 60) {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/** A command of a development dependency, run by this very Node. */
function bin(packageName, file) {
  return path.join(root, 'node_modules', packageName, file);
}

module.exports = { root, run, must, tail, bin };
