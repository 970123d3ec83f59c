'use strict';

/**
 * A heap snapshot whose nodes are made when they are asked for.
 *
 * Its own functions work without `this`: `.on('finish', snapshot.delete)` deletes.
 *
 * @module
 */

const { RsprofError } = require('../../errors.js');
const { compareSnapshots } = require('./compare.js');
const { ExportStream, isStream } = require('./export-stream.js');
const { GraphNodes } = require('./graph-nodes.js');

/** Characters of the text that `serialize` hands over at a time. */
const CHUNK = 51_200;

const isInt32 = (value) => typeof value === 'number' && (value | 0) === value;

/** The number that was passed; throws what the package throws. */
function integer(given, missing) {
  if (given.length === 0) throw new Error(missing);
  if (!isInt32(given[0])) throw new TypeError('Argument must be an integer');
  return given[0];
}

function checkSerialize(given) {
  if (given.length < 2) throw new Error('Invalid number of arguments');
  if (typeof given[0] !== 'function' || typeof given[1] !== 'function') {
    throw new TypeError('Arguments must be a functions');
  }
}

function deletedError(title) {
  return new RsprofError(
    'ERR_RSPROF_ABORTED',
    `rsprof cannot serialize the heap snapshot ${JSON.stringify(title)}: it was deleted; serialize it before you delete it`,
  );
}

/** A snapshot's graph, until it is deleted. */
class Held {
  #graph;

  constructor(graph) {
    this.#graph = graph;
    this.uid = graph.maxObjectId;
    this.deleted = false;
    this.nodes = new GraphNodes(graph);
  }

  /** False where `take` ended it. */
  serialize(take) {
    return this.#graph.serialize(CHUNK, (text, length) => take(text, length) !== false);
  }

  /** A graph that is being serialised goes when that has ended. */
  delete() {
    this.deleted = true;
    this.#graph.release();
  }
}

/** The graphs behind snapshots, for `compare`. */
const heldBy = new WeakMap();

class Snapshot {
  /**
   * @param {object} graph see native-graph.js
   * @param {string} title
   * @param {Record<string, Snapshot>} snapshots what `delete` takes it out of
   */
  constructor(graph, title, snapshots) {
    const held = new Held(graph);
    heldBy.set(this, held);
    defineRoot(this, held);
    Object.assign(this, functionsOf(this, held, snapshots));
    this.typeId = 'HEAP';
    this.title = title;
    this.uid = graph.maxObjectId;
    this.nodesCount = graph.nodeCount;
    this.maxSnapshotJSObjectId = graph.maxObjectId;
  }
}

/** What a snapshot can do, whatever `this` it is called with. */
function functionsOf(snapshot, held, snapshots) {
  return {
    getNode: (...given) => held.nodes.at(integer(given, 'No index specified')),
    getNodeById: (...given) => held.nodes.byId(integer(given, 'No id specified')),
    delete: () => {
      if (snapshots[held.uid] === snapshot) delete snapshots[held.uid];
      held.delete();
      return snapshots;
    },
    serialize: (...given) => {
      checkSerialize(given);
      if (held.deleted) throw deletedError(snapshot.title);
      const [iterator, callback] = given;
      if (held.serialize(iterator)) callback();
    },
  };
}

function defineRoot(snapshot, { nodes }) {
  let root;
  Object.defineProperty(snapshot, 'root', {
    get() {
      root ??= nodes.at(0);
      return root;
    },
    enumerable: true,
    configurable: true,
  });
}

function toStream(snapshot, stream) {
  try {
    snapshot.serialize(
      (chunk) => {
        stream.write(chunk);
      },
      () => {},
    );
  } catch (error) {
    stream.emit('error', error);
  }
  stream.end();
}

/** The whole text, or why there is none: `[error, text]`. */
function wholeText(snapshot) {
  const chunks = [];
  try {
    snapshot.serialize(
      (chunk) => {
        chunks.push(chunk);
      },
      () => {},
    );
    return [null, chunks.join('')];
  } catch (error) {
    return [error];
  }
}

// Seen by `for in`, as those of the package are.
Snapshot.prototype.getHeader = function getHeader() {
  return { typeId: this.typeId, uid: this.uid, title: this.title };
};

Snapshot.prototype.compare = function compare(other, options) {
  const nodesOf = (snapshot) => heldBy.get(snapshot)?.nodes.rows() ?? snapshot;
  return compareSnapshots(nodesOf(this), nodesOf(other), options);
};

Snapshot.prototype.export = function exportSnapshot(receiver) {
  const target = receiver || new ExportStream();
  if (!isStream(target)) {
    target(...wholeText(this));
    return undefined;
  }
  toStream(this, target);
  return target;
};

module.exports = { Snapshot };
