'use strict';

// An Egg application with the plugin, in the folder of the first argument: `node egg-server.js DIR OPTIONS`.

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const root = path.join(__dirname, '..', '..');
const [dir, options] = process.argv.slice(2);

/** An application as `npm init egg` makes it, without what it does not need. */
const FILES = {
  'package.json': '{ "name": "app", "version": "1.0.0" }',
  'config/plugin.js': `exports.rsprof = require('rsprof/egg');
    for (const name of ['watcher', 'development', 'logrotator', 'schedule', 'multipart', 'view', 'static'])
      exports[name] = false;`,
  'config/config.default.js': `exports.keys = 'of the test';
    exports.rsprof = ${options};`,
  'app/router.js': `module.exports = (app) => {
    app.router.all(/.*/, (context) => { context.body = 'the app'; });
  };`,
};

for (const [name, text] of Object.entries(FILES)) {
  const file = path.join(dir, 'app', name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}
const modules = path.join(dir, 'app', 'node_modules');
fs.mkdirSync(modules);
for (const [name, target] of [
  ['rsprof', root],
  ['egg', path.join(root, 'node_modules', 'egg')],
])
  fs.symlinkSync(target, path.join(modules, name), 'dir');

process.env.EGG_SERVER_ENV = 'prod';
process.env.EGG_HOME = dir;
process.stdin.resume().on('end', () => process.exit());

require('egg')
  .start({ baseDir: path.join(dir, 'app') })
  .then((app) => {
    const server = http.createServer(app.callback());
    server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
  })
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
    process.exit();
  });
