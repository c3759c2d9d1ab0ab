import * as z from 'zod/mini';
import { api } from '../api/client';
import { answerOf } from '../api/problem';
import type { Order } from '../api/types';
import { messages } from './messages';

/** What the stream tells of an order, and when that became so. */
export type OrderChange = Pick<Order, 'id' | 'status' | 'reason'> & { at: string };

const change: z.ZodMiniType<OrderChange> = z.object({
  id: z.string(),
  status: z.enum(['PENDING', 'ACCEPTED', 'REJECTED']),
  reason: z.exactOptional(z.nullable(z.object({ code: z.string(), products: z.array(z.string()) }))),
  at: z.string(),
});

export type Follower = {
  opened: () => void;
  lost: () => void;
  changed: (change: OrderChange) => void;
  /** Something was missed that the shop no longer knows: what is shown has to be asked for again. */
  missed: () => void;
};

/** The shop speaks at least every 15 seconds. */
const longestSilence = 40_000;
const firstPause = 500;
const longestPause = 15_000;

/** Follows the caller's orders until the signal, through lost connections and expired tokens. */
export async function followOrders(follower: Follower, signal: AbortSignal): Promise<void> {
  const place = { lastEventId: null as string | null };
  let pause = firstPause;
  while (!signal.aborted) {
    const began = Date.now();
    try {
      await readOnce(follower, place, signal);
    } catch {
      // The stream is a comfort; while it is away the page asks instead.
    }
    if (signal.aborted) {
      return;
    }
    follower.lost();
    pause = Date.now() - began > longestPause ? firstPause : Math.min(longestPause, pause * 2);
    await sleep(pause * (0.5 + Math.random()), signal);
  }
}

async function readOnce(
  follower: Follower,
  place: { lastEventId: string | null },
  signal: AbortSignal,
): Promise<void> {
  const silence = new AbortController();
  const header = place.lastEventId === null ? {} : { 'Last-Event-ID': place.lastEventId };
  const body = await answerOf(
    api.GET('/api/orders/events', {
      params: { header },
      headers: { Accept: 'text/event-stream' },
      parseAs: 'stream',
      signal: AbortSignal.any([signal, silence.signal]),
    }),
  );
  follower.opened();
  for await (const { id, event, data } of messages(texts(body as ReadableStream<Uint8Array>, silence))) {
    place.lastEventId = id ?? place.lastEventId;
    heard(follower, event, data);
  }
}

/** What comes, as it comes; a silence that is too long is given up. */
async function* texts(body: ReadableStream<Uint8Array>, silence: AbortController): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const timer = setTimeout(() => silence.abort(), longestSilence);
    try {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield decoder.decode(value, { stream: true });
    } finally {
      clearTimeout(timer);
    }
  }
}

function heard(follower: Follower, event: string, data: string): void {
  if (event === 'reset') {
    follower.missed();
    return;
  }
  if (event !== 'order') {
    return;
  }
  const parsed = z.safeParse(change, parseJson(data));
  if (parsed.success) {
    follower.changed(parsed.data);
  } else {
    follower.missed();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((wake) => {
    const timer = setTimeout(wake, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      wake();
    });
  });
}
