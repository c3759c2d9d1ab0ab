// A stub of the bucket and of the metadata server.

import { createServer } from 'node:http';

/** Serves until `close`; `objects` contains what is stored, and `rejects` names an object that cannot be stored. */
export async function openBucket() {
  const bucket = { objects: new Map(), rejects: undefined };
  const server = createServer(async (request, response) => {
    const respond = (status, body) => response.writeHead(status).end(body);
    if (request.url.startsWith('/computeMetadata/')) {
      const hasHeader = request.headers['metadata-flavor'] === 'Google';
      return hasHeader ? respond(200, JSON.stringify({ access_token: 'a-token' })) : respond(403);
    }
    if (request.headers.authorization !== 'Bearer a-token') return respond(401, 'Invalid credentials');
    const name = decodeURI(request.url.replace('/a-bucket/', ''));
    if (request.method === 'GET') {
      return bucket.objects.has(name) ? respond(200, bucket.objects.get(name)) : respond(404, 'No such object');
    }
    const chunks = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return undefined; // The upload was aborted: nothing is stored.
    }
    if (name.endsWith(bucket.rejects)) return respond(403, 'Forbidden');
    const isNew = request.headers['x-goog-if-generation-match'] === '0';
    if (isNew && bucket.objects.has(name)) return respond(412, 'Precondition failed');
    bucket.objects.set(name, Buffer.concat(chunks));
    return respond(200);
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  bucket.url = `http://127.0.0.1:${server.address().port}`;
  bucket.close = () => server.close();
  return bucket;
}
