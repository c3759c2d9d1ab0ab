import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type HeldResponse = { received: Promise<void>; release: () => void };

/**
 * Starts a proxy between the browser and the shop that can hold a response or drop its connection. Playwright's
 * routes would set the cookies of a held response in the browser before the page receives it.
 */
export async function startHoldingProxy(shop: string) {
  const responsesInFlight = new Set<ServerResponse>();
  let hold: { path: string; onResponse: () => void; released: Promise<void> } | null = null;
  const server = createServer((incoming, outgoing) => {
    const upstream = request(new URL(incoming.url ?? '/', shop), {
      method: incoming.method ?? 'GET',
      headers: { ...incoming.headers, ...(incoming.headers.origin && { origin: shop }) },
    });
    upstream.on('response', async (response) => {
      if (hold !== null && incoming.url === hold.path) {
        const { onResponse, released } = hold;
        hold = null;
        onResponse();
        await released;
      }
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      responsesInFlight.add(outgoing);
      outgoing.on('close', () => {
        responsesInFlight.delete(outgoing);
        upstream.destroy();
      });
      response.pipe(outgoing);
    });
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    /** Holds the next response for this path. */
    hold(path: string): HeldResponse {
      const received = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      hold = { path, onResponse: received.resolve, released: released.promise };
      return { received: received.promise, release: released.resolve };
    },
    /** Drops the connections of the responses for this path. */
    disconnect(path: string): void {
      for (const response of responsesInFlight) {
        if (response.req.url === path) {
          response.destroy();
        }
      }
    },
    async stop(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
