import { createParser } from 'eventsource-parser';
import * as z from 'zod/mini';
import { api } from '../api/client';
import { unwrap } from '../api/problem';
import type { Order } from '../api/types';
import { parseJson } from '../parseJson';

/** A new status of an order, and when it changed. */
export type OrderChange = Pick<Order, 'id' | 'status' | 'reason'> & { at: string };

const orderChange: z.ZodMiniType<OrderChange> = z.object({
  id: z.string(),
  status: z.enum(['PENDING', 'ACCEPTED', 'REJECTED']),
  reason: z.exactOptional(
    z.nullable(
      z.object({ code: z.string(), products: z.array(z.string()), more: z.exactOptional(z.number()) }),
    ),
  ),
  at: z.string(),
});

export type Subscriber = {
  onOpen: () => void;
  onClose: () => void;
  onChange: (change: OrderChange) => void;
  /** Changes were missed and cannot be replayed: all orders must be refetched. */
  onReset: () => void;
};

/** The shop sends a comment at least every 10 seconds. */
const SILENCE_TIMEOUT_MS = 40_000;
const MIN_RETRY_DELAY_MS = 500;
const MAX_RETRY_DELAY_MS = 15_000;

type Position = { lastEventId: string | null };

/** Subscribes to the caller's orders until the signal. Reconnects after lost connections and expired tokens. */
export async function subscribeToOrders(subscriber: Subscriber, signal: AbortSignal): Promise<void> {
  const position: Position = { lastEventId: null };
  let delay = MIN_RETRY_DELAY_MS;
  while (!signal.aborted) {
    const openedAt = Date.now();
    try {
      await readStream(subscriber, position, signal);
    } catch {
      // Without the stream the page polls, so its errors are not shown.
    }
    if (signal.aborted) {
      return;
    }
    subscriber.onClose();
    const wasStable = Date.now() - openedAt > MAX_RETRY_DELAY_MS;
    delay = wasStable ? MIN_RETRY_DELAY_MS : Math.min(MAX_RETRY_DELAY_MS, delay * 2);
    await sleep(delay * (0.5 + Math.random()), signal);
  }
}

async function readStream(subscriber: Subscriber, position: Position, signal: AbortSignal): Promise<void> {
  const silence = new AbortController();
  const header = position.lastEventId === null ? {} : { 'Last-Event-ID': position.lastEventId };
  const body = await unwrap(
    api.GET('/api/orders/events', {
      params: { header },
      headers: { Accept: 'text/event-stream' },
      parseAs: 'stream',
      signal: AbortSignal.any([signal, silence.signal]),
    }),
  );
  subscriber.onOpen();
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      position.lastEventId = id ?? position.lastEventId;
      dispatch(subscriber, event, data);
    },
  });
  let start = '';
  for await (const text of chunks(body as ReadableStream<Uint8Array>, silence)) {
    // The first message may have an id and no data. The parser drops it, but its id is where to resume.
    if (!start.includes('\n\n')) {
      start += text;
      position.lastEventId = /^id: ?(.+)\n\n/m.exec(start)?.[1] ?? position.lastEventId;
    }
    parser.feed(text);
  }
}

/** The text of a stream. Aborts it when nothing arrives within the timeout. */
async function* chunks(body: ReadableStream<Uint8Array>, silence: AbortController): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const timer = setTimeout(() => silence.abort(), SILENCE_TIMEOUT_MS);
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

function dispatch(subscriber: Subscriber, event: string | undefined, data: string): void {
  if (event === 'reset') {
    subscriber.onReset();
    return;
  }
  if (event !== 'order') {
    return;
  }
  const change = z.safeParse(orderChange, parseJson(data));
  if (change.success) {
    subscriber.onChange(change.data);
  } else {
    subscriber.onReset();
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
