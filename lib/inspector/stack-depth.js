'use strict';

/**
 * Cuts the stacks of an allocation profile to a number of frames, as V8 does where it takes that number:
 * the frames nearest to the allocation stay.
 *
 * @module
 */

const keyOf = ({ functionName, scriptId, lineNumber, columnNumber }) =>
  `${scriptId}:${lineNumber}:${columnNumber}:${functionName}`;

/** A call tree that grows by whole stacks. */
class StackTree {
  #nextId = 1;
  #childrenOf = new Map();

  constructor(callFrame) {
    this.head = this.#node(callFrame);
  }

  #node(callFrame) {
    const node = { callFrame, selfSize: 0, id: this.#nextId++, children: [] };
    this.#childrenOf.set(node, new Map());
    return node;
  }

  #child(parent, callFrame) {
    const children = this.#childrenOf.get(parent);
    const key = keyOf(callFrame);
    let child = children.get(key);
    if (!child) {
      child = this.#node(callFrame);
      children.set(key, child);
      parent.children.push(child);
    }
    return child;
  }

  /** @param {object[]} stack call frames, the outermost first @param {number} bytes */
  add(stack, bytes) {
    let node = this.head;
    for (const frame of stack) node = this.#child(node, frame);
    node.selfSize += bytes;
  }
}

/** Calls `visit(node, stack)` for every node below `head`; `stack` is the one array, changing. */
function walk(head, visit) {
  const path = [{ node: head, next: 0 }];
  const stack = [];
  while (path.length > 0) {
    const last = path[path.length - 1];
    const child = last.node.children[last.next++];
    if (child) {
      stack.push(child.callFrame);
      path.push({ node: child, next: 0 });
      visit(child, stack);
    } else {
      path.pop();
      stack.pop();
    }
  }
}

/** Whether a stack below `head` has more than `depth` frames. */
function isDeeper(head, depth) {
  let deepest = 0;
  walk(head, (_, stack) => {
    deepest = Math.max(deepest, stack.length);
  });
  return deepest > depth;
}

/**
 * @param {object} head of a sampling profile, in the protocol's shape
 * @param {number} depth frames a stack keeps
 * @returns {object} `head` where nothing is to be cut, else a new tree
 */
function limitDepth(head, depth) {
  if (!isDeeper(head, depth)) return head;
  const tree = new StackTree(head.callFrame);
  tree.head.selfSize = head.selfSize;
  walk(head, (node, stack) => {
    if (node.selfSize > 0) tree.add(stack.slice(-depth), node.selfSize);
  });
  return tree.head;
}

module.exports = { limitDepth };
