import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  fetchFirstChunk,
  fetchFrom,
  freePort,
  openStream,
  page,
  parseResponse,
  script,
  sendBytes,
  startEdge,
  startGateway,
} from './edge.mjs';

const forever = 'public, max-age=31536000, immutable';
const security = {
  // Nothing by default, scripts from this origin only, and no `unsafe-…`.
  'content-security-policy':
    /^(?!.*unsafe-)default-src 'none'; script-src 'self'; style-src 'self'; .*frame-ancestors 'none'$/,
  'strict-transport-security': /max-age=63072000/,
  'x-content-type-options': /^nosniff$/,
  'referrer-policy': /^strict-origin-when-cross-origin$/,
  'permissions-policy': /camera=\(\)/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
};

/** Checks the headers that every response has, including errors. */
function expectResponse(response, status, cache, type) {
  assert.equal(response.status, status);
  for (const [name, value] of Object.entries(security)) {
    assert.match(response.headers[name] ?? '', value, name);
  }
  assert.equal(response.headers['cache-control'], cache);
  assert.equal(response.headers['content-type']?.split(';')[0], type);
  assert.equal(response.headers.server, 'nginx', 'the Server header contains a version');
}

function expectProblem(response, status, kind) {
  expectResponse(response, status, 'no-store', 'application/problem+json');
  const problem = JSON.parse(response.body);
  assert.equal(problem.type, `/problems/${kind}`);
  assert.equal(problem.status, status);
  assert.notEqual(problem.title, '');
  assert.notEqual(problem.detail, '');
  assert.match(problem.instance, /^[0-9a-f]{32}$/);
}

/** A header line of this many bytes. */
const cookieOf = (bytes) => 'x'.repeat(bytes - 'Cookie: '.length);

let gateway;
let edge;
const received = [];

before(async () => {
  gateway = await startGateway((request, response) => {
    received.push(request);
    const { pathname, searchParams } = new URL(request.url, 'http://gateway');
    const status = Number(searchParams.get('status') ?? 200);
    if (pathname === '/api/docs') {
      response.writeHead(308, { Location: '/api/docs/' });
      response.end();
      return;
    }
    if (pathname === '/api/slow') {
      // Like the gateway's body timeout: the body is not complete.
      response.writeHead(408, { 'Content-Type': 'application/problem+json', Connection: 'close' });
      response.end('{}');
      return;
    }
    if (pathname === '/api/orders/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
      response.write(': connected\n\n');
      return;
    }
    const long = JSON.stringify({ detail: 'x'.repeat(2000) });
    response.writeHead(status, {
      'Content-Type': status < 400 ? 'application/json' : 'application/problem+json',
      ...(searchParams.has('cache') && { 'Cache-Control': searchParams.get('cache') }),
    });
    response.end(status === 304 ? undefined : long);
  });
  edge = await startEdge({
    GATEWAY: gateway.address,
    EDGE_CONNECTIONS_PER_ADDRESS: '65535',
    EDGE_REQUESTS_PER_SECOND: '65535',
  });
});

after(async () => {
  await edge.stop();
  gateway.stop();
});

describe('the page', () => {
  for (const path of [
    '/',
    '/products',
    '/products/chair',
    '/products/50%25%20off%2Fon',
    '/cart',
    '/orders',
    '/orders/71fefe4a1cad4140785928a4',
    '/login?next=%2Fcart',
    '/register',
    '/admin/products',
  ]) {
    test(`given ${path}, when it is requested, then it is the page, to be revalidated each time`, async () => {
      const response = await fetchFrom(edge, path);
      expectResponse(response, 200, 'no-cache', 'text/html');
      assert.equal(response.body, page);
    });
  }

  for (const path of ['/no/such/page', '/assets/gone-1a2b.js', '/orders/a/b', '/products/a/b', '/CART', '/Products/chair', '/index.html']) {
    test(`given ${path}, when it is requested, then it is 404 with the page, not cached`, async () => {
      const response = await fetchFrom(edge, path);
      expectResponse(response, 404, 'no-store', 'text/html');
      assert.equal(response.body, page);
    });
  }

  test('given an internal path, when it is requested, then it does not reach the gateway', async () => {
    received.length = 0;
    for (const path of ['/metrics', '/health/ready', '/api-docs/openapi.json']) {
      expectResponse(await fetchFrom(edge, path), 404, 'no-store', 'text/html');
    }
    assert.equal(received.length, 0);
  });
});

describe('an asset', () => {
  const asset = '/assets/shop-1a2b.js';

  test('given a name with a hash, when the asset is requested, then it is cached forever', async () => {
    const response = await fetchFrom(edge, asset);
    expectResponse(response, 200, forever, 'text/javascript');
    assert.equal(response.body, script);
  });

  test('given its ETag, when it is requested again, then it is 304 and cached forever', async () => {
    const { headers } = await fetchFrom(edge, asset);
    expectResponse(await fetchFrom(edge, asset, { headers: { 'If-None-Match': headers.etag } }), 304, forever, undefined);
  });

  for (const range of ['bytes=0-3', 'bytes=9000-']) {
    test(`given ${range}, when it is requested, then the whole file is sent`, async () => {
      const response = await fetchFrom(edge, asset, { headers: { Range: range } });
      expectResponse(response, 200, forever, 'text/javascript');
      assert.equal(response.body, script);
    });
  }

  for (const method of ['POST', 'TRACE']) {
    test(`given ${method}, when it is sent, then it is 405 with the allowed methods, not cached`, async () => {
      const response = await fetchFrom(edge, asset, { method });
      expectProblem(response, 405, 'method-not-allowed');
      assert.equal(response.headers.allow, 'GET, HEAD');
    });
  }

  test('given a client that accepts gzip, when it requests an asset, then the precompressed file is sent', async () => {
    const response = await fetchFirstChunk(edge, asset, { 'Accept-Encoding': 'gzip' });
    assert.equal(response.headers['content-encoding'], 'gzip');
    assert.equal(response.headers.vary, 'Accept-Encoding');
    assert.equal(Number(response.headers['content-length']) < script.length, true);
    assert.equal((await fetchFrom(edge, asset)).headers['content-encoding'], undefined);
  });
});

describe('the gateway', () => {
  for (const status of [200, 400, 404, 405, 422]) {
    test(`given ${status} from the gateway, when it is proxied, then it is not cached`, async () => {
      const type = status < 400 ? 'application/json' : 'application/problem+json';
      expectResponse(await fetchFrom(edge, `/api/products?status=${status}`), status, 'no-store', type);
    });
  }

  test('given a Cache-Control header from the gateway, when it is proxied, then it is sent once', async () => {
    const response = await fetchFrom(edge, '/api/products?cache=max-age=5');
    expectResponse(response, 200, 'max-age=5', 'application/json');
  });

  test('given 304 from the gateway, when it is proxied, then it is 304', async () => {
    expectResponse(await fetchFrom(edge, '/api/products?status=304'), 304, 'no-store', 'application/json');
  });

  for (const status of [502, 504]) {
    test(`given ${status} from the gateway, when it is proxied, then the status and the problem are unchanged`, async () => {
      expectResponse(await fetchFrom(edge, `/api/orders?status=${status}`), status, 'no-store', 'application/problem+json');
    });
  }

  const forwardingHeaders = {
    'X-Request-Id': 'mine',
    'X-Forwarded-For': '203.0.113.9',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Port': '443',
    Forwarded: 'for=203.0.113.9;host=evil.example',
  };

  function expectOrigin(address) {
    const headers = received[0].headers;
    assert.equal(headers['x-forwarded-for'], address);
    assert.match(headers['x-request-id'], /^[0-9a-f]{32}$/);
    for (const name of ['x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'forwarded']) {
      assert.equal(headers[name], undefined, name);
    }
  }

  test('given a trusted proxy, when it sends forwarding headers, then only its client address is used', async () => {
    received.length = 0;
    await fetchFrom(edge, '/api/products', { headers: forwardingHeaders });
    expectOrigin('203.0.113.9');
    // The proxy appends the last address.
    received.length = 0;
    await fetchFrom(edge, '/api/products', { headers: { ...forwardingHeaders, 'X-Forwarded-For': '6.6.6.6, 203.0.113.9' } });
    expectOrigin('203.0.113.9');
  });

  test('given several networks of proxies, when a client of one of them sends its address, then it is used', async () => {
    const several = await startEdge({ GATEWAY: gateway.address, EDGE_TRUSTED_PROXIES: '192.0.2.0/24,127.0.0.0/8' });
    try {
      received.length = 0;
      await fetchFrom(several, '/api/products', { headers: forwardingHeaders });
      expectOrigin('203.0.113.9');
    } finally {
      await several.stop();
    }
  });

  test('given a load balancer with the PROXY protocol, when it forwards a request, then its address of the client is used', async () => {
    const port = await freePort();
    const forwarded = await startEdge({
      GATEWAY: gateway.address,
      EDGE_CLIENT_ADDRESS: 'proxy_protocol',
      EDGE_SERVER_OPTIONS: `listen 127.0.0.1:${port} proxy_protocol;`,
    });
    try {
      received.length = 0;
      await sendBytes(
        { port },
        'PROXY TCP4 203.0.113.9 127.0.0.1 5000 8080\r\n' +
          'GET /api/products HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: close\r\n\r\n',
        { end: false },
      );
      expectOrigin('203.0.113.9');
    } finally {
      await forwarded.stop();
    }
  });

  test('given probes, when they ask whether the edge is ready, then they get the page, and the log no line', async () => {
    const probed = await startEdge({ GATEWAY: gateway.address });
    const response = await fetchFrom(probed, '/edge_health');
    await fetchFrom(probed, '/icon.svg');
    const log = await probed.stop();
    assert.deepEqual([response.status, response.body], [200, page]);
    assert.doesNotMatch(log, /edge_health|index\.html/);
    assert.match(log, /icon\.svg/);
  });

  test('given an untrusted client, when it sends forwarding headers, then none is used', async () => {
    const withoutProxy = await startEdge({ GATEWAY: gateway.address, EDGE_TRUSTED_PROXIES: '192.0.2.1/32' });
    try {
      received.length = 0;
      await fetchFrom(withoutProxy, '/api/products', { headers: forwardingHeaders });
      expectOrigin('127.0.0.1');
    } finally {
      await withoutProxy.stop();
    }
  });

  test('given a body that is too large, when it is sent, then it is rejected with a problem', async () => {
    const body = 'x'.repeat(65 * 1024);
    expectProblem(await fetchFrom(edge, '/api/orders', { method: 'POST', body }), 413, 'body-too-large');
  });

  test('given half a body, when it is sent, then the gateway can answer that it is late', async () => {
    const half = 'POST /api/slow HTTP/1.1\r\nHost: shop\r\nContent-Length: 10\r\n\r\n{';
    assert.match(await sendBytes(edge, half, { end: false }), /^HTTP\/1\.1 408 [^]*application\/problem\+json/);
  });

  test('given header lines of 16 KiB, when they are sent, then the gateway receives them', async () => {
    received.length = 0;
    const cookie = cookieOf(16 * 1024);
    expectResponse(await fetchFrom(edge, '/api/products', { headers: { Cookie: cookie } }), 200, 'no-store', 'application/json');
    assert.equal(received[0].headers.cookie, cookie);
    expectResponse(await fetchFrom(edge, `/api/products?q=${'x'.repeat(15_000)}`), 200, 'no-store', 'application/json');
  });

  test('given a header line or a URI that is too long, when it is sent, then it is 431 or 414 with a problem', async () => {
    const cookie = { headers: { Cookie: cookieOf(20 * 1024) } };
    expectProblem(await fetchFrom(edge, '/api/products', cookie), 431, 'request-header-fields-too-large');
    expectProblem(await fetchFrom(edge, `/api/products?q=${'x'.repeat(20 * 1024)}`), 414, 'uri-too-long');
  });

  test('given TRACE, when it is sent, then it is 405 with the allowed methods', async () => {
    const response = await fetchFrom(edge, '/api/products', { method: 'TRACE' });
    expectProblem(response, 405, 'method-not-allowed');
    assert.match(response.headers.allow, /^GET, HEAD, POST, /);
  });

  for (const host of ['evil.example', 'evil.example:1']) {
    test(`given the host ${host}, when /api or a redirect is requested, then no response names it`, async () => {
      const headers = { Host: host, 'X-Forwarded-Host': host, 'X-Forwarded-Proto': 'https' };
      received.length = 0;
      expectResponse(await fetchFrom(edge, '/api', { headers }), 200, 'no-store', 'application/json');
      assert.equal(received[0].url, '/api');
      const redirect = await fetchFrom(edge, '/api/docs', { headers });
      assert.equal(redirect.status, 308);
      assert.equal(redirect.headers.location, '/api/docs/');
    });
  }

  test('given a long response, when the client accepts gzip, then it is compressed unless it contains tokens', async () => {
    const compressed = async (path) =>
      (await fetchFrom(edge, path, { headers: { 'Accept-Encoding': 'gzip' } })).headers['content-encoding'];
    assert.equal(await compressed('/api/products'), 'gzip');
    assert.equal(await compressed('/api/login'), undefined);
    assert.equal(await compressed('/api/refresh'), undefined);
  });

  test('given an event stream, when its first line is written, then it is sent immediately', async () => {
    const { status, headers, first } = await fetchFirstChunk(edge, '/api/orders/events', {
      'Accept-Encoding': 'gzip',
    });
    assert.equal(status, 200);
    assert.equal(headers['content-type'].split(';')[0], 'text/event-stream');
    assert.equal(headers['content-encoding'], undefined);
    assert.equal(first, ': connected\n\n');
  });
});

describe('a gateway with a certificate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  after(() => rmSync(folder, { recursive: true }));

  /** A certificate that is its own authority. */
  function certificate(name, host) {
    const [key, file] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${host}`];
    execFileSync('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', file], { stdio: 'ignore' });
    return { file, tls: { key: readFileSync(key), cert: readFileSync(file) } };
  }

  const trusted = certificate('trusted', 'gateway');
  const other = certificate('other', 'gateway');
  const misnamed = certificate('misnamed', 'orders');
  for (const [name, presented, authority, status] of [
    ['the right certificate', trusted.tls, trusted.file, 200],
    ['one of another authority', other.tls, trusted.file, 503],
    ['one for another name', misnamed.tls, misnamed.file, 503],
    ['no certificate', undefined, trusted.file, 503],
  ]) {
    test(`given ${name}, when a request is proxied, then it is ${status}`, async () => {
      const encrypted = await startGateway((_, response) => response.end('{}'), presented);
      const verifying = await startEdge({
        GATEWAY: encrypted.address,
        GATEWAY_SCHEME: 'https',
        GATEWAY_TLS_OPTIONS: `proxy_ssl_verify on; proxy_ssl_trusted_certificate ${authority};`,
      });
      try {
        assert.equal((await fetchFrom(verifying, '/api/products')).status, status);
      } finally {
        await verifying.stop();
        encrypted.stop();
      }
    });
  }
});

describe('an unavailable gateway', () => {
  test('given no server at its address, when it is called, then it is 503 with a problem and Retry-After', async () => {
    const down = await startEdge({ GATEWAY: '127.0.0.1:1' });
    try {
      const response = await fetchFrom(down, '/api/products');
      expectProblem(response, 503, 'service-unavailable');
      assert.equal(response.headers['retry-after'], '1');
    } finally {
      await down.stop();
    }
  });

  test('given a server that closes connections, when it is called, then it is 503 with a problem', async () => {
    const closing = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(closing, 'listening');
    const proxy = await startEdge({ GATEWAY: `127.0.0.1:${closing.address().port}` });
    try {
      expectProblem(await fetchFrom(proxy, '/api/products'), 503, 'service-unavailable');
    } finally {
      await proxy.stop();
      closing.close();
    }
  });
});

describe('limits', () => {
  let strict;

  before(async () => {
    strict = await startEdge({ GATEWAY: gateway.address, EDGE_REQUESTS_PER_SECOND: '1' });
  });

  after(() => strict.stop());

  test('given more requests than the rate limit, when they are sent, then they are 429, not cached', async () => {
    const limited = async (path) => {
      for (;;) {
        const response = await fetchFrom(strict, path);
        if (response.status !== 200) {
          return response;
        }
      }
    };
    const problem = await limited('/api/products');
    expectProblem(problem, 429, 'too-many-requests');
    assert.equal(problem.headers['retry-after'], '1');
    expectProblem(await limited('/assets/shop-1a2b.js'), 429, 'too-many-requests');
  });

  /** The first status other than 200 of requests from many addresses, or 200. */
  async function statusFrom(address) {
    for (let number = 1; number < 100; number += 1) {
      const { status } = await fetchFrom(strict, '/api/products', { headers: { 'X-Forwarded-For': address(number) } });
      if (status !== 200) {
        return status;
      }
    }
    return 200;
  }

  test('given requests from many addresses of one IPv6 /64, when they are sent, then the network is limited', async () => {
    assert.equal(await statusFrom((number) => `2001:db8:0:1::${number}`), 429);
    assert.equal(await statusFrom((number) => `2001:db8:0:1:${number}::`), 429);
    assert.equal(await statusFrom((number) => `2001:db8:1:${number}::1`), 200, 'different networks are different clients');
    assert.equal(await statusFrom((number) => `203.0.113.${number}`), 200, 'different IPv4 addresses are different clients');
    assert.equal(await statusFrom((number) => `::ffff:198.51.100.${number}`), 200, 'IPv4-mapped addresses are different clients');
  });

  test('given as many open requests as the connection limit, when another is sent, then it is 429', async () => {
    const single = await startEdge({ GATEWAY: gateway.address, EDGE_CONNECTIONS_PER_ADDRESS: '1' });
    try {
      const from = (address) => ({ headers: { 'X-Forwarded-For': address } });
      const stream = await openStream(single, '/api/orders/events', from('2001:db8::1').headers);
      expectProblem(await fetchFrom(single, '/api/products', from('2001:db8::2')), 429, 'too-many-requests');
      expectResponse(await fetchFrom(single, '/api/products', from('2001:db8:0:1::1')), 200, 'no-store', 'application/json');
      stream.destroy();
    } finally {
      await single.stop();
    }
  });
});

describe('the log', () => {
  const secrets = {
    Authorization: 'Bearer of-a-token-secret-value',
    Cookie: '__Host-refresh_token=of-a-cookie-secret-value',
    'X-Request-Id': 'of-a-header-secret-value',
  };
  const body = JSON.stringify({ password: 'of-a-password-secret-value' });

  for (const [name, values] of Object.entries({
    'a successful request': {},
    'an unavailable gateway': { GATEWAY: '127.0.0.1:1' },
    'a limited request': { EDGE_REQUESTS_PER_SECOND: '1' },
  })) {
    test(`given ${name}, when it is logged, then the log contains no secret`, async () => {
      const logging = await startEdge({ GATEWAY: gateway.address, ...values });
      for (let number = 0; number < 5; number += 1) {
        await fetchFrom(logging, '/api/login', { method: 'POST', headers: secrets, body });
      }
      const logged = await logging.stop();
      assert.match(logged, / POST \/api\/login /);
      assert.doesNotMatch(logged, /secret-value/);
    });
  }
});

describe('requests that nginx refuses', () => {
  const post = 'POST /api/orders HTTP/1.1\r\nHost: shop\r\n';
  for (const [name, bytes, status = 400, kind = 'bad-request'] of [
    ['a length and chunked encoding', `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['two lengths', `${post}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`],
    ['two hosts', 'GET /api/products HTTP/1.1\r\nHost: shop\r\nHost: other\r\n\r\n'],
    ['no host', 'GET /api/products HTTP/1.1\r\n\r\n'],
    ['a path with a zero byte', 'GET /api/%00 HTTP/1.1\r\nHost: shop\r\n\r\n'],
    ['a path above the root', 'GET /api/../../products HTTP/1.1\r\nHost: shop\r\n\r\n'],
    ['no HTTP', '\x16\x03\x01 hello\r\n\r\n'],
    ['CONNECT', 'CONNECT shop:443 HTTP/1.1\r\nHost: shop\r\n\r\n'],
    ['an unknown transfer encoding', `${post}Transfer-Encoding: gzip\r\n\r\n`, 501, 'not-implemented'],
    ['an unknown version', 'GET /api/products HTTP/9.9\r\nHost: shop\r\n\r\n', 505, 'http-version-not-supported'],
  ]) {
    test(`given ${name}, when it is sent, then it is ${status} with a problem and does not reach the gateway`, async () => {
      received.length = 0;
      expectProblem(parseResponse(await sendBytes(edge, bytes)), status, kind);
      assert.equal(received.length, 0);
    });
  }
});
