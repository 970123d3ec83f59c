'use strict';

/**
 * Whether a request comes from this machine, and from nobody further away through something on it.
 *
 * @module
 */

const net = require('node:net');
const { hostName, hostOf } = require('./request-headers.js');

/** What proxies add. Who sends one is not alone. */
const PROXY_HEADER =
  /^(forwarded|x-forwarded-.+|x-forwarded|x-real-ip|x-client-ip|x-cluster-client-ip|x-original-.+|x-envoy-.+|via|cf-.+|true-client-ip|fastly-.+|x-azure-.+|x-amzn-trace-id|x-appengine-.+|x-arr-.+|cdn-loop|client-ip|x-remote-.+|x-proxyuser-ip|wl-proxy-client-ip|proxy-client-ip)$/;

/** @param {string|undefined} address of a peer; a unix socket has none */
function isLoopbackAddress(address) {
  if (typeof address !== 'string') return false;
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  return plain === '::1' || (net.isIPv4(plain) && plain.startsWith('127.'));
}

/** A name that only this machine can mean: DNS cannot point a page of somebody else's at it. */
function isLoopbackName(name) {
  if (name === 'localhost' || name.endsWith('.localhost') || name === '[::1]') return true;
  return net.isIPv4(name) && name.startsWith('127.');
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {string[]} hosts further names that are fine, lower case
 * @returns {'peer'|'proxy'|'host'|undefined} what is wrong with it
 */
function strangenessOf(request, hosts) {
  if (!isLoopbackAddress(request.socket?.remoteAddress)) return 'peer';
  if (Object.keys(request.headers).some((name) => PROXY_HEADER.test(name))) return 'proxy';
  const name = hostName(hostOf(request));
  const isKnown = name !== undefined && (isLoopbackName(name) || hosts.includes(name));
  return isKnown ? undefined : 'host';
}

module.exports = { isLoopbackAddress, isLoopbackName, strangenessOf };
