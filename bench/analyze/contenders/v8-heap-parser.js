'use strict';

// @vscode/v8-heap-parser, Rust as WebAssembly: parses a file and gives its classes by retained size.

const fs = require('node:fs');

const [folder, file] = process.argv.slice(2);
const { decode_bytes } = require(folder);
const graph = decode_bytes(fs.readFileSync(file));
const classes = graph.get_class_groups(0, 50, false);
console.log(JSON.stringify({ classes: classes.map((one) => one.name()) }));
