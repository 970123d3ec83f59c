'use strict';

// An upload server that keeps every upload. Buffers lie outside V8's heap: the heap stays small while
// RSS grows.
//
//   node examples/leaks/buffers.js FILE [buffer|arraybuffer]

const rsprof = require('../..');
const { serveRequests } = require('./support/traffic.js');

const [, , file, kind = 'buffer'] = process.argv;
const UPLOADS = 48;
const UPLOAD_BYTES = 1 << 20;

class Upload {
  constructor(path, body) {
    this.path = path;
    this.body = kind === 'buffer' ? body : toArrayBuffer(body);
  }
}

const uploads = [];

async function listener(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  uploads.push(new Upload(request.url, Buffer.concat(chunks)));
  response.end();
}

function toArrayBuffer({ buffer, byteOffset, byteLength }) {
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

const upload = (n) => ({ path: `/${n}`, method: 'POST', body: Buffer.alloc(UPLOAD_BYTES, n) });

// The sidecar that rsprof writes beside the snapshot has the RSS, which the heap cannot explain.
serveRequests(listener, UPLOADS, upload)
  .then(() => rsprof.heapSnapshot({ path: file, compression: 'none', strategy: 'inline' }))
  .then(({ path }) => {
    console.log(path);
    process.exit();
  });
