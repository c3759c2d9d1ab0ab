import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ask, askForStream, openStream, page, script, send, startEdge, startGateway } from './edge.mjs';

const forGood = 'public, max-age=31536000, immutable';
const security = {
  // Nothing is allowed that is not named, scripts come from files of ours only, and nothing is `unsafe-…`.
  'content-security-policy':
    /^(?!.*unsafe-)default-src 'none'; script-src 'self'; style-src 'self'; .*frame-ancestors 'none'$/,
  'strict-transport-security': /max-age=63072000/,
  'x-content-type-options': /^nosniff$/,
  'referrer-policy': /^strict-origin-when-cross-origin$/,
  'permissions-policy': /camera=\(\)/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
};

/** What is true of every answer, errors included. */
function hold(answer, status, cache, type) {
  assert.equal(answer.status, status);
  for (const [name, value] of Object.entries(security)) {
    assert.match(answer.headers[name] ?? '', value, name);
  }
  assert.equal(answer.headers['cache-control'], cache);
  assert.equal(answer.headers['content-type']?.split(';')[0], type);
  assert.equal(answer.headers.server, 'nginx', 'no version');
}

function holdProblem(answer, status, kind) {
  hold(answer, status, 'no-store', 'application/problem+json');
  const problem = JSON.parse(answer.body);
  assert.equal(problem.type, `/problems/${kind}`);
  assert.equal(problem.status, status);
  assert.match(problem.instance, /^[0-9a-f]{32}$/);
}

let gateway;
let edge;
const seen = [];

before(async () => {
  gateway = await startGateway((request, response) => {
    seen.push(request);
    const { pathname, searchParams } = new URL(request.url, 'http://gateway');
    const status = Number(searchParams.get('status') ?? 200);
    if (pathname === '/api/orders/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
      response.write(': here\n\n');
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
    test(`given ${path}, when it is opened directly, then the page is there and asked for again each time`, async () => {
      const answer = await ask(edge, path);
      hold(answer, 200, 'no-cache', 'text/html');
      assert.equal(answer.body, page);
    });
  }

  for (const path of ['/no/such/page', '/assets/gone-1a2b.js', '/orders/a/b']) {
    test(`given ${path}, when it is opened, then it is 404 with the page, and nobody keeps that`, async () => {
      const answer = await ask(edge, path);
      hold(answer, 404, 'no-store', 'text/html');
      assert.equal(answer.body, page);
    });
  }

  test('given what is not for outside, when it is asked for, then the gateway is not', async () => {
    seen.length = 0;
    for (const path of ['/metrics', '/health/ready', '/api-docs/openapi.json']) {
      hold(await ask(edge, path), 404, 'no-store', 'text/html');
    }
    assert.equal(seen.length, 0);
  });
});

describe('an asset', () => {
  const asset = '/assets/shop-1a2b.js';

  test('given its name, when it is asked for, then it may be kept for good', async () => {
    const answer = await ask(edge, asset);
    hold(answer, 200, forGood, 'text/javascript');
    assert.equal(answer.body, script);
  });

  test('given it is known, when it is asked for again, then it is 304 and may be kept for good', async () => {
    const { headers } = await ask(edge, asset);
    hold(await ask(edge, asset, { headers: { 'If-None-Match': headers.etag } }), 304, forGood, undefined);
  });

  for (const range of ['bytes=0-3', 'bytes=9000-']) {
    test(`given ${range} is wanted, when it is asked for, then it comes whole`, async () => {
      const answer = await ask(edge, asset, { headers: { Range: range } });
      hold(answer, 200, forGood, 'text/javascript');
      assert.equal(answer.body, script);
    });
  }

  test('given a call that a file does not take, when it is made, then nobody keeps the refusal', async () => {
    hold(await ask(edge, asset, { method: 'POST', body: '' }), 405, 'no-store', 'text/html');
  });

  test('given a browser that takes gzip, when it is asked for, then it comes as it was compressed at build time', async () => {
    const answer = await askForStream(edge, asset, { 'Accept-Encoding': 'gzip' });
    assert.equal(answer.headers['content-encoding'], 'gzip');
    assert.equal(answer.headers.vary, 'Accept-Encoding');
    assert.equal(Number(answer.headers['content-length']) < script.length, true);
    assert.equal((await ask(edge, asset)).headers['content-encoding'], undefined);
  });
});

describe('the shop behind it', () => {
  for (const status of [200, 400, 404, 405, 422]) {
    test(`given ${status} of the gateway, when it is passed on, then nobody keeps it`, async () => {
      const type = status < 400 ? 'application/json' : 'application/problem+json';
      hold(await ask(edge, `/api/products?status=${status}`), status, 'no-store', type);
    });
  }

  test('given a gateway that says what may be kept, when that is passed on, then it is said once', async () => {
    const answer = await ask(edge, '/api/products?cache=max-age=5');
    hold(answer, 200, 'max-age=5', 'application/json');
  });

  test('given 304 of the gateway, when it is passed on, then it is 304', async () => {
    hold(await ask(edge, '/api/products?status=304'), 304, 'no-store', 'application/json');
  });

  for (const status of [502, 504]) {
    test(`given ${status} of the gateway, when it is passed on, then it is passed on`, async () => {
      hold(await ask(edge, `/api/orders?status=${status}`), status, 'no-store', 'application/problem+json');
    });
  }

  const claims = {
    'X-Request-Id': 'mine',
    'X-Forwarded-For': '203.0.113.9',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Port': '443',
    Forwarded: 'for=203.0.113.9;host=evil.example',
  };

  function holdOrigin(address) {
    const headers = seen[0].headers;
    assert.equal(headers['x-forwarded-for'], address);
    assert.match(headers['x-request-id'], /^[0-9a-f]{32}$/);
    for (const name of ['x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'forwarded']) {
      assert.equal(headers[name], undefined, name);
    }
  }

  test('given a proxy in front, when it says where a call is from, then that is believed, and nothing else', async () => {
    seen.length = 0;
    await ask(edge, '/api/products', { headers: claims });
    holdOrigin('203.0.113.9');
    // The hop that the proxy wrote is the last one.
    seen.length = 0;
    await ask(edge, '/api/products', { headers: { ...claims, 'X-Forwarded-For': '6.6.6.6, 203.0.113.9' } });
    holdOrigin('203.0.113.9');
  });

  test('given a caller who is no proxy, when they say where they are from, then nothing of it is believed', async () => {
    const alone = await startEdge({ GATEWAY: gateway.address, EDGE_TRUSTED_PROXIES: '192.0.2.1/32' });
    try {
      seen.length = 0;
      await ask(alone, '/api/products', { headers: claims });
      holdOrigin('127.0.0.1');
    } finally {
      await alone.stop();
    }
  });

  test('given a body that is too large, when it is sent, then it is refused with a problem', async () => {
    const body = 'x'.repeat(65 * 1024);
    holdProblem(await ask(edge, '/api/orders', { method: 'POST', body }), 413, 'body-too-large');
  });

  test('given an address that is too long, when it is asked for, then it is 414', async () => {
    hold(await ask(edge, `/api/products?q=${'x'.repeat(5000)}`), 414, 'no-store', 'text/html');
  });

  test('given a long answer, when a browser takes gzip, then it is compressed, but for tokens', async () => {
    const compressed = async (path) =>
      (await ask(edge, path, { headers: { 'Accept-Encoding': 'gzip' } })).headers['content-encoding'];
    assert.equal(await compressed('/api/products'), 'gzip');
    assert.equal(await compressed('/api/login'), undefined);
    assert.equal(await compressed('/api/refresh'), undefined);
  });

  test('given a stream without an end, when its first line is written, then it is passed on at once', async () => {
    const { status, headers, first } = await askForStream(edge, '/api/orders/events', {
      'Accept-Encoding': 'gzip',
    });
    assert.equal(status, 200);
    assert.equal(headers['content-type'].split(';')[0], 'text/event-stream');
    assert.equal(headers['content-encoding'], undefined);
    assert.equal(first, ': here\n\n');
  });
});

describe('a gateway that is away', () => {
  test('given nobody at its address, when it is called, then it is 503 with a problem and when to come back', async () => {
    const away = await startEdge({ GATEWAY: '127.0.0.1:1' });
    try {
      const answer = await ask(away, '/api/products');
      holdProblem(answer, 503, 'service-unavailable');
      assert.equal(answer.headers['retry-after'], '1');
    } finally {
      await away.stop();
    }
  });

  test('given one that hangs up, when it is called, then it is 503 with a problem', async () => {
    const rude = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(rude, 'listening');
    const before = await startEdge({ GATEWAY: `127.0.0.1:${rude.address().port}` });
    try {
      holdProblem(await ask(before, '/api/products'), 503, 'service-unavailable');
    } finally {
      await before.stop();
      rude.close();
    }
  });
});

describe('limits', () => {
  let strict;

  before(async () => {
    strict = await startEdge({ GATEWAY: gateway.address, EDGE_REQUESTS_PER_SECOND: '1' });
  });

  after(() => strict.stop());

  test('given more calls than an address may make, when it goes on, then it is told to wait, and nobody keeps that', async () => {
    const refused = async (path) => {
      for (;;) {
        const answer = await ask(strict, path);
        if (answer.status !== 200) {
          return answer;
        }
      }
    };
    const problem = await refused('/api/products');
    holdProblem(problem, 429, 'too-many-requests');
    assert.equal(problem.headers['retry-after'], '1');
    hold(await refused('/assets/shop-1a2b.js'), 429, 'no-store', 'text/html');
  });

  /** The first status that is not 200 of calls from ever new addresses, or 200 after many. */
  async function statusFrom(address) {
    for (let number = 1; number < 100; number += 1) {
      const { status } = await ask(strict, '/api/products', { headers: { 'X-Forwarded-For': address(number) } });
      if (status !== 200) {
        return status;
      }
    }
    return 200;
  }

  test('given calls from many addresses of one IPv6 network, when they go on, then that network has to wait', async () => {
    assert.equal(await statusFrom((number) => `2001:db8:0:1::${number}`), 429);
    assert.equal(await statusFrom((number) => `2001:db8:0:1:${number}::`), 429);
    assert.equal(await statusFrom((number) => `2001:db8:1:${number}::1`), 200, 'as many networks');
    assert.equal(await statusFrom((number) => `203.0.113.${number}`), 200, 'as many clients');
    assert.equal(await statusFrom((number) => `::ffff:198.51.100.${number}`), 200, 'written as IPv6');
  });

  test('given as many calls under way as an address may have, when another is made, then it is told to wait', async () => {
    const single = await startEdge({ GATEWAY: gateway.address, EDGE_CONNECTIONS_PER_ADDRESS: '1' });
    try {
      const from = (address) => ({ headers: { 'X-Forwarded-For': address } });
      const stream = await openStream(single, '/api/orders/events', from('2001:db8::1').headers);
      holdProblem(await ask(single, '/api/products', from('2001:db8::2')), 429, 'too-many-requests');
      hold(await ask(single, '/api/products', from('2001:db8:0:1::1')), 200, 'no-store', 'application/json');
      stream.destroy();
    } finally {
      await single.stop();
    }
  });
});

describe('what it logs', () => {
  const secrets = {
    Authorization: 'Bearer of-a-token-nobody-may-read',
    Cookie: '__Host-refresh_token=of-a-cookie-nobody-may-read',
    'X-Request-Id': 'of-a-header-nobody-may-read',
  };
  const body = JSON.stringify({ password: 'of-a-password-nobody-may-read' });

  for (const [name, values] of Object.entries({
    'a call that is answered': {},
    'a gateway that is away': { GATEWAY: '127.0.0.1:1' },
    'a call too many': { EDGE_REQUESTS_PER_SECOND: '1' },
  })) {
    test(`given ${name}, when it is logged, then no secret is in the line`, async () => {
      const logging = await startEdge({ GATEWAY: gateway.address, ...values });
      for (let number = 0; number < 5; number += 1) {
        await ask(logging, '/api/login', { method: 'POST', headers: secrets, body });
      }
      const logged = await logging.stop();
      assert.match(logged, / POST \/api\/login /);
      assert.doesNotMatch(logged, /nobody-may-read/);
    });
  }
});

describe('what can be read in two ways', () => {
  for (const [name, bytes] of Object.entries({
    'a length and chunks':
      'POST /api/orders HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'two lengths':
      'POST /api/orders HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
    'two hosts': 'GET /api/products HTTP/1.1\r\nHost: shop\r\nHost: other\r\n\r\n',
    'no host': 'GET /api/products HTTP/1.1\r\n\r\n',
    'no HTTP': '\x16\x03\x01 hello\r\n\r\n',
  })) {
    test(`given ${name}, when it is sent, then it is refused and the gateway does not hear of it`, async () => {
      seen.length = 0;
      const answer = await send(edge, bytes);
      assert.match(answer, /^HTTP\/1\.1 400 /);
      assert.match(answer, /^cache-control: no-store\r$/im);
      assert.match(answer, /^x-content-type-options: nosniff\r$/im);
      assert.equal(seen.length, 0);
    });
  }
});
