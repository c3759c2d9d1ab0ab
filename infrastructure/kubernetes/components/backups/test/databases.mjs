// Three real databases, each a replica set with a key file and the user root, as in the cluster.

import { spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const NAMES = ['orders', 'products', 'authentication'];
export const PASSWORD = 'a-password';

export function run(command, options, environment) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, options, { env: { ...process.env, ...environment } });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

export const mongosh = process.env.MONGOSH ?? 'mongosh';

/** Evaluates a script as root; returns its output. */
export async function evaluate(port, script, user = `root:${PASSWORD}@`) {
  const address = `mongodb://${user}127.0.0.1:${port}/?directConnection=true&serverSelectionTimeoutMS=30000`;
  const { code, output } = await run(mongosh, [address, '--quiet', '--norc', '--eval', script]);
  if (code !== 0) throw new Error(output);
  return output.trim();
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

export async function startDatabases() {
  const folder = mkdtempSync(join(tmpdir(), 'backups-'));
  const processes = [];
  const databases = { folder, ports: {}, environment: { SECRETS: folder, HOME: folder } };
  writeFileSync(join(folder, 'keyfile'), 'asharedkey', { mode: 0o400 });
  for (const name of NAMES) {
    const port = await freePort();
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, `mongo-${name}-root-password`), `${PASSWORD}\n`);
    const options = ['--dbpath', join(folder, name), '--port', port, '--bind_ip', '127.0.0.1', '--replSet', `rs-${name}`,
      '--keyFile', join(folder, 'keyfile'), '--wiredTigerCacheSizeGB', '0.25', '--nounixsocket'];
    const server = spawn(process.env.MONGOD ?? 'mongod', options, { stdio: 'ignore' });
    processes.push(server);
    const ended = new Promise((_, reject) => {
      server.on('error', reject);
      server.on('close', (code) => reject(new Error(`mongod for ${name} exited with ${code}`)));
    });
    ended.catch(() => {});
    await Promise.race([initiate(port, name), ended]);
    databases.ports[name] = port;
    databases.environment[`MONGODB_${name.toUpperCase()}_URI`] =
      `mongodb://127.0.0.1:${port}/?replicaSet=rs-${name}&authSource=admin&readPreference=secondaryPreferred`;
  }
  databases.stop = async () => {
    const ended = processes.map((child) => new Promise((resolve) => child.on('close', resolve)));
    for (const child of processes) child.kill();
    await Promise.all(ended);
    rmSync(folder, { recursive: true });
  };
  return databases;
}

/** Waits until a server listens on the port. */
async function waitForPort(port) {
  const connects = () =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(Boolean(socket.destroy())));
      socket.on('error', () => resolve(false));
    });
  while (!(await connects()));
}

async function initiate(port, name) {
  await waitForPort(port);
  const script = `
    rs.initiate({ _id: 'rs-${name}', members: [{ _id: 0, host: '127.0.0.1:${port}' }] });
    while (!db.hello().isWritablePrimary) sleep(50);
    db.getSiblingDB('admin').createUser({ user: 'root', pwd: '${PASSWORD}', roles: ['root'] });`;
  return evaluate(port, script, '');
}
