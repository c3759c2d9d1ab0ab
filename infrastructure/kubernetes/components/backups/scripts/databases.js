// Where the databases are, and who root is there.

const { readFileSync } = require('node:fs');

// Orders first: a decision whose order is missing costs a piece of stock, an accepted order without its decision
// would sell a piece twice.
const NAMES = ['orders', 'products', 'authentication'];

/** The connection string of root. */
function uri(name) {
  const password = readFileSync(`${process.env.SECRETS}/mongo-${name}-root-password`, 'utf8').trim();
  const address = process.env[`MONGODB_${name.toUpperCase()}_URI`];
  return address.replace('//', `//root:${encodeURIComponent(password)}@`);
}

module.exports = { NAMES, uri };
