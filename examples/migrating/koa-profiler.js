'use strict';

// A Koa server that profiles its own start, as tutorials on v8-profiler have it. The one line that changed
// is the require: it was `require('v8-profiler')`.
//
//   node examples/migrating/koa-profiler.js
//   curl http://127.0.0.1:3000/profiler
//
// The files go to the working directory: a .cpuprofile of everything from the start to the request, one
// heap snapshot of the start and one of the request.

const fs = require('node:fs');
const Koa = require('koa');
const profiler = require('rsprof/compat/v8-profiler');

profiler.startProfiling('start to request', true);
const atStart = profiler.takeSnapshot('at start');

function profilerRoute(context) {
  const perf = profiler.stopProfiling('start to request');
  if (!perf) context.throw(409, 'the profile has been taken');
  const atRequest = profiler.takeSnapshot('at request');

  // By callback.
  atStart.export((error, text) => {
    if (error) throw error;
    fs.writeFileSync('at-start.heapsnapshot', text);
    atStart.delete();
  });

  // By pipe; `delete` is called without its snapshot.
  atRequest
    .export()
    .pipe(fs.createWriteStream('at-request.heapsnapshot'))
    .on('finish', atRequest.delete);

  const { title, samples } = perf;
  perf.export().pipe(fs.createWriteStream('start-to-request.cpuprofile'));
  perf.delete();
  context.body = {
    title,
    samples: samples.length,
    nodes: [atStart.nodesCount, atRequest.nodesCount],
  };
}

const app = new Koa();
app.use(async (context, next) => {
  if (context.path === '/profiler') profilerRoute(context);
  else await next();
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/profiler`);
});
