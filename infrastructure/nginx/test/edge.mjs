// Starts nginx with the shipped configuration, a small page and a stub gateway.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { render } from './render.mjs';

export const page = '<!doctype html><title>The page</title>';
export const script = `export const script = '${'x'.repeat(2000)}';`;

/** Starts a stub gateway on a free port with this request handler, and with TLS if `tls` has a certificate and its key. */
export async function startGateway(handler, tls) {
  const options = { maxHeaderSize: 32 * 1024, ...tls };
  const server = tls ? createTlsServer(options, handler) : createServer(options, handler);
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

/** Starts nginx in a temporary folder; runs until `stop`. */
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
  // A file, because nginx reopens /dev/stdout, which fails for a pipe of Node.js.
  const log = openSync(join(folder, 'log'), 'a');
  const nginx = spawn('nginx', ['-p', folder, '-c', file, '-g', 'daemon off; master_process off;'], {
    stdio: ['ignore', log, log],
  });
  const exited = once(nginx, 'exit');
  await waitForPort(port, nginx);
  return {
    port,
    /** Stops nginx; returns its log. */
    async stop() {
      nginx.kill();
      await exited;
      closeSync(log);
      const logged = readFileSync(join(folder, 'log'), 'utf8');
      rmSync(folder, { recursive: true });
      return logged;
    },
  };
}

/** Sends a request; returns the whole response. */
export async function fetchFrom(edge, path, { method = 'GET', headers = {}, body } = {}) {
  const outgoing = request({ port: edge.port, host: '127.0.0.1', path, method, headers, agent: false });
  outgoing.end(body);
  const [response] = await once(outgoing, 'response');
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

/** Sends a request for a stream; returns its first chunk, and closes it. */
export async function fetchFirstChunk(edge, path, headers = {}) {
  const { destroy, ...start } = await openStream(edge, path, headers);
  destroy();
  return start;
}

/** Sends a request for a stream, which stays open until `destroy`. */
export async function openStream(edge, path, headers = {}) {
  const outgoing = request({ port: edge.port, host: '127.0.0.1', path, headers, agent: false });
  outgoing.on('error', () => undefined);
  outgoing.end();
  const [response] = await once(outgoing, 'response');
  const [first] = await once(response, 'data');
  return {
    status: response.statusCode,
    headers: response.headers,
    first: String(first),
    destroy: () => outgoing.destroy(),
  };
}

/** Sends raw bytes, and ends the request unless `end` is false; returns everything that is received. */
export async function sendBytes(edge, bytes, { end = true } = {}) {
  const socket = connect(edge.port, '127.0.0.1');
  socket.write(bytes);
  if (end) {
    socket.end();
  }
  return await text(socket);
}

/** Parses what `sendBytes` returned: one response. */
export function parseResponse(received) {
  const [head, ...body] = received.split('\r\n\r\n');
  const [statusLine, ...lines] = head.split('\r\n');
  const fields = lines.map((line) => line.split(': '));
  const headers = Object.fromEntries(fields.map(([name, ...value]) => [name.toLowerCase(), value.join(': ')]));
  return { status: Number(statusLine.split(' ')[1]), headers, body: body.join('\r\n\r\n') };
}

/** A port that nothing listens on. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function waitForPort(port, nginx) {
  while (nginx.exitCode === null) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      // nginx does not listen yet.
    } finally {
      socket.destroy();
    }
  }
  throw new Error('nginx did not start');
}
