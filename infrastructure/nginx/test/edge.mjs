// nginx with the configuration as it is shipped, in front of a small page and a gateway that does what it is told.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { render } from './render.mjs';

export const page = '<!doctype html><title>The page</title>';
export const script = `export const script = '${'x'.repeat(2000)}';`;

/** A server on a free port that answers as `answer` says; its address. */
export async function startGateway(answer) {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${server.address().port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** nginx in a folder of its own, until `stop`. */
export async function startEdge(values) {
  const folder = mkdtempSync(join(tmpdir(), 'edge-'));
  const built = join(folder, 'page');
  mkdirSync(join(built, 'assets'), { recursive: true });
  for (const [name, content] of [
    ['index.html', page],
    ['icon.svg', '<svg/>'],
    ['assets/shop-1a2b.js', script],
  ]) {
    writeFileSync(join(built, name), content);
    writeFileSync(join(built, `${name}.gz`), gzipSync(content));
  }
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    render({ EDGE_LISTEN: `127.0.0.1:${port}`, EDGE_RUN: folder, EDGE_PAGE: built, ...values }),
  );
  // A file, because nginx opens its output once more, which a pipe of Node's does not allow.
  const log = openSync(join(folder, 'log'), 'a');
  const program = spawn('nginx', ['-p', folder, '-c', file, '-g', 'daemon off; master_process off;'], {
    stdio: ['ignore', log, log],
  });
  const ended = once(program, 'exit');
  await accepting(port, program);
  return {
    port,
    /** Ends it; what it has logged. */
    async stop() {
      program.kill();
      await ended;
      closeSync(log);
      const logged = readFileSync(join(folder, 'log'), 'utf8');
      rmSync(folder, { recursive: true });
      return logged;
    },
  };
}

/** One request, and all of its answer. */
export async function ask(edge, path, { method = 'GET', headers = {}, body } = {}) {
  const asked = request({ port: edge.port, host: '127.0.0.1', path, method, headers, agent: false });
  asked.end(body);
  const [answer] = await once(asked, 'response');
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

/** The beginning of an answer whose end is far away. */
export async function askForStream(edge, path, headers = {}) {
  const { destroy, ...beginning } = await openStream(edge, path, headers);
  destroy();
  return beginning;
}

/** The same, open until `destroy`. */
export async function openStream(edge, path, headers = {}) {
  const asked = request({ port: edge.port, host: '127.0.0.1', path, headers, agent: false });
  asked.on('error', () => undefined);
  asked.end();
  const [answer] = await once(asked, 'response');
  const [first] = await once(answer, 'data');
  return {
    status: answer.statusCode,
    headers: answer.headers,
    first: String(first),
    destroy: () => asked.destroy(),
  };
}

/** What comes back for bytes that no client of ours would send. */
export async function send(edge, bytes) {
  const socket = connect(edge.port, '127.0.0.1');
  socket.end(bytes);
  return await text(socket);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function accepting(port, program) {
  while (program.exitCode === null) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      // Not yet.
    } finally {
      socket.destroy();
    }
  }
  throw new Error('nginx did not start');
}
