import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Held = { begun: Promise<void>; letGo: () => void };

/**
 * Stands between the browser and the shop, and can hold an answer that the shop has given, or cut it off.
 * Playwright's own routes would put the cookie of such an answer into the browser before the page has it.
 */
export async function startBetween(shop: string) {
  const underWay = new Set<ServerResponse>();
  let held: { path: string; begin: () => void; let: Promise<void> } | null = null;
  const server = createServer((asked, answer) => {
    const passed = request(new URL(asked.url ?? '/', shop), {
      method: asked.method ?? 'GET',
      headers: { ...asked.headers, ...(asked.headers.origin && { origin: shop }) },
    });
    passed.on('response', async (given) => {
      if (held !== null && asked.url === held.path) {
        const { begin, let: go } = held;
        held = null;
        begin();
        await go;
      }
      answer.writeHead(given.statusCode ?? 502, given.headers);
      underWay.add(answer);
      answer.on('close', () => {
        underWay.delete(answer);
        passed.destroy();
      });
      given.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://localhost:${(server.address() as AddressInfo).port}`,
    /** The next answer for this path waits until it is let go. */
    hold(path: string): Held {
      const begun = Promise.withResolvers<void>();
      const go = Promise.withResolvers<void>();
      held = { path, begin: begun.resolve, let: go.promise };
      return { begun: begun.promise, letGo: go.resolve };
    },
    /** Loses the connections on which there are answers for this path. */
    cut(path: string): void {
      for (const answer of underWay) {
        if (answer.req.url === path) {
          answer.destroy();
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
