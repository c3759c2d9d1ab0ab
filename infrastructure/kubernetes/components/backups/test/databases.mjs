// Three real databases, each a replica set with a key file and the user root, as in the cluster.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as mongod from '../../../test/mongod.mjs';

export const NAMES = ['orders', 'products', 'authentication'];
const PASSWORD = 'a-password';

/** Evaluates a script as root; returns its output. */
export const evaluate = (port, script) => mongod.evaluate(port, script, `root:${PASSWORD}@`);

export async function startDatabases() {
  const folder = mkdtempSync(join(tmpdir(), 'backups-'));
  const servers = [];
  const databases = { folder, ports: {}, environment: { SECRETS: folder, HOME: folder } };
  writeFileSync(join(folder, 'keyfile'), 'asharedkey', { mode: 0o400 });
  for (const name of NAMES) {
    writeFileSync(join(folder, `mongo-${name}-root-password`), `${PASSWORD}\n`);
    const server = await mongod.startMongod(folder, '--replSet', `rs-${name}`, '--keyFile', join(folder, 'keyfile'));
    servers.push(server);
    const { port } = server;
    await mongod.initiate(`rs-${name}`, [port], `
      db.getSiblingDB('admin').createUser({ user: 'root', pwd: '${PASSWORD}', roles: ['root'] });`);
    databases.ports[name] = port;
    databases.environment[`MONGODB_${name.toUpperCase()}_URI`] =
      `mongodb://127.0.0.1:${port}/?replicaSet=rs-${name}&authSource=admin&readPreference=secondaryPreferred`;
  }
  databases.stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true });
  };
  return databases;
}
