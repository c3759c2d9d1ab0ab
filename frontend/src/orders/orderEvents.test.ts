import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type OrderChange, subscribeToOrders } from './orderEvents';

/** The server side of each stream, in the order of opening. */
let streams: { headers: Headers; send: (text: string) => void; close: () => void }[] = [];
let end: AbortController;

const subscriber = {
  onOpen: vi.fn<() => void>(),
  onClose: vi.fn<() => void>(),
  onChange: vi.fn<(change: OrderChange) => void>(),
  onReset: vi.fn<() => void>(),
};

function respond(request: Request): Promise<Response> {
  let stream: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      stream = controller;
      request.signal.addEventListener('abort', () => controller.error(request.signal.reason));
    },
  });
  streams.push({
    headers: request.headers,
    send: (text) => stream.enqueue(new TextEncoder().encode(text)),
    close: () => stream.close(),
  });
  return Promise.resolve(new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }));
}

beforeEach(() => {
  vi.useFakeTimers();
  streams = [];
  end = new AbortController();
  vi.clearAllMocks();
  // Vitest takes `Response` from Node.js, but not the class of its body.
  vi.stubGlobal('ReadableStream', new Response('').body?.constructor);
  vi.stubGlobal(
    'fetch',
    vi.fn((request: Request, { signal }: RequestInit) =>
      respond(new Request(request, signal ? { signal } : {})),
    ),
  );
  void subscribeToOrders(subscriber, end.signal);
});

afterEach(async () => {
  end.abort();
  await vi.advanceTimersByTimeAsync(0);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function openedStream(index: number) {
  await vi.waitFor(() => expect(subscriber.onOpen).toHaveBeenCalledTimes(index + 1));
  const stream = streams[index];
  if (stream === undefined) {
    throw new Error('the stream was not opened');
  }
  return stream;
}

const accepted = { id: 'o1', status: 'ACCEPTED', reason: null, at: '2026-01-01T00:00:00Z' };

it('given an open stream, when a change arrives in several chunks, then it is reported once', async () => {
  const stream = await openedStream(0);
  expect(stream.headers.get('Last-Event-ID')).toBeNull();
  const message = `id: 7\nevent: order\ndata: ${JSON.stringify(accepted)}\n\n`;
  stream.send(`: here\n\n${message.slice(0, 20)}`);
  stream.send(message.slice(20));
  await vi.waitFor(() => expect(subscriber.onChange).toHaveBeenCalledExactlyOnceWith(accepted));
  expect(subscriber.onReset).not.toHaveBeenCalled();
});

it('given a lost connection, when the stream is reopened, then it resumes after the last event', async () => {
  const first = await openedStream(0);
  first.send(`id: 7\nevent: order\ndata: ${JSON.stringify(accepted)}\n\n`);
  await vi.waitFor(() => expect(subscriber.onChange).toHaveBeenCalled());
  first.close();
  await vi.waitFor(() => expect(subscriber.onClose).toHaveBeenCalledOnce());
  await vi.advanceTimersByTimeAsync(15_000);
  expect((await openedStream(1)).headers.get('Last-Event-ID')).toBe('7');
});

it('given a connection lost before any change, when the stream is reopened, then it resumes after the first message', async () => {
  const first = await openedStream(0);
  first.send(': follows your orders\nid: gmk');
  first.send('\n\n');
  first.close();
  await vi.waitFor(() => expect(subscriber.onClose).toHaveBeenCalledOnce());
  await vi.advanceTimersByTimeAsync(15_000);
  const second = await openedStream(1);
  expect(second.headers.get('Last-Event-ID')).toBe('gmk');
  expect(subscriber.onReset).not.toHaveBeenCalled();

  // The first message to a client that resumes has no id.
  second.send(': follows your orders again\n\n');
  second.close();
  await vi.waitFor(() => expect(subscriber.onClose).toHaveBeenCalledTimes(2));
  await vi.advanceTimersByTimeAsync(15_000);
  expect((await openedStream(2)).headers.get('Last-Event-ID')).toBe('gmk');
});

it.each([
  ['a reset', 'event: reset\ndata:\n\n'],
  ['an invalid change', 'event: order\ndata: {"id":3}\n\n'],
  ['data that is not JSON', 'event: order\ndata: <html>\n\n'],
])('given %s, when it arrives, then all orders must be refetched', async (_, message) => {
  (await openedStream(0)).send(message);
  await vi.waitFor(() => expect(subscriber.onReset).toHaveBeenCalledOnce());
  expect(subscriber.onChange).not.toHaveBeenCalled();
});

it('given a comment every 10 seconds, when the stream falls silent, then it is closed and reopened', async () => {
  const first = await openedStream(0);
  for (let count = 0; count < 5; count += 1) {
    await vi.advanceTimersByTimeAsync(10_000);
    first.send(': here\n\n');
  }
  expect(subscriber.onClose).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(subscriber.onClose).toHaveBeenCalledOnce();
  await openedStream(1);
});

it('given an ended subscription, when time passes, then the stream is not reopened', async () => {
  await openedStream(0);
  end.abort();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(streams).toHaveLength(1);
});
