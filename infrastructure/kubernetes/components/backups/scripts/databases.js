// The databases, and how to connect to them as root.

const { readFileSync } = require('node:fs');

// Orders first: a decision without its order only loses stock, but an accepted order without its decision would sell
// the same unit twice.
const NAMES = ['orders', 'products', 'authentication'];

/** The connection string with the credentials of root, and with TLS if there is an authority. */
function uri(name) {
  const password = readFileSync(`${process.env.SECRETS}/mongo-${name}-root-password`, 'utf8').trim();
  const address = process.env[`MONGODB_${name.toUpperCase()}_URI`];
  const authority = process.env.MONGODB_CA_FILE;
  const tls = authority ? `&tls=true&tlsCAFile=${encodeURIComponent(authority)}` : '';
  return address.replace('//', `//root:${encodeURIComponent(password)}@`) + tls;
}

module.exports = { NAMES, uri };
