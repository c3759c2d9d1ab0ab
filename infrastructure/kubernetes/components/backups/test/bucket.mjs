// A bucket and a metadata server that keep to what the scripts rely on.

import { createServer } from 'node:http';

/** Serves until `close`; `objects` is what is stored, and `refuses` may name an object that cannot be. */
export async function openBucket() {
  const bucket = { objects: new Map(), refuses: undefined };
  const server = createServer(async (request, response) => {
    const answer = (status, body) => response.writeHead(status).end(body);
    if (request.url.startsWith('/computeMetadata/')) {
      const asked = request.headers['metadata-flavor'] === 'Google';
      return asked ? answer(200, JSON.stringify({ access_token: 'a-token' })) : answer(403);
    }
    if (request.headers.authorization !== 'Bearer a-token') return answer(401, 'Invalid credentials');
    const name = decodeURI(request.url.replace('/a-bucket/', ''));
    if (request.method === 'GET') {
      return bucket.objects.has(name) ? answer(200, bucket.objects.get(name)) : answer(404, 'No such object');
    }
    const pieces = [];
    try {
      for await (const piece of request) pieces.push(piece);
    } catch {
      return undefined; // Broken off: nothing is stored.
    }
    if (name.endsWith(bucket.refuses)) return answer(403, 'Forbidden');
    const isNew = request.headers['x-goog-if-generation-match'] === '0';
    if (isNew && bucket.objects.has(name)) return answer(412, 'Precondition failed');
    bucket.objects.set(name, Buffer.concat(pieces));
    return answer(200);
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  bucket.url = `http://127.0.0.1:${server.address().port}`;
  bucket.close = () => server.close();
  return bucket;
}
