import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { followOrders, type OrderChange } from './eventStream';

/** The shop's end of each stream that was opened, in order. */
let streams: { headers: Headers; say: (text: string) => void; hangUp: () => void }[] = [];
let end: AbortController;

const follower = {
  opened: vi.fn<() => void>(),
  lost: vi.fn<() => void>(),
  changed: vi.fn<(change: OrderChange) => void>(),
  missed: vi.fn<() => void>(),
};

function answer(request: Request): Promise<Response> {
  let stream: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      stream = controller;
      request.signal.addEventListener('abort', () => controller.error(request.signal.reason));
    },
  });
  streams.push({
    headers: request.headers,
    say: (text) => stream.enqueue(new TextEncoder().encode(text)),
    hangUp: () => stream.close(),
  });
  return Promise.resolve(new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }));
}

beforeEach(() => {
  vi.useFakeTimers();
  streams = [];
  end = new AbortController();
  vi.clearAllMocks();
  vi.stubGlobal(
    'fetch',
    vi.fn((request: Request, { signal }: RequestInit) =>
      answer(new Request(request, signal ? { signal } : {})),
    ),
  );
  void followOrders(follower, end.signal);
});

afterEach(async () => {
  end.abort();
  await vi.advanceTimersByTimeAsync(0);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function openedStream(index: number) {
  await vi.waitFor(() => expect(follower.opened).toHaveBeenCalledTimes(index + 1));
  const stream = streams[index];
  if (stream === undefined) {
    throw new Error('the stream was not opened');
  }
  return stream;
}

const accepted = { id: 'o1', status: 'ACCEPTED', reason: null, at: '2026-01-01T00:00:00Z' };

it('given an open stream, when an order changes, then that is told, also when it comes in pieces', async () => {
  const stream = await openedStream(0);
  expect(stream.headers.get('Last-Event-ID')).toBeNull();
  const message = `id: 7\nevent: order\ndata: ${JSON.stringify(accepted)}\n\n`;
  stream.say(`: here\n\n${message.slice(0, 20)}`);
  stream.say(message.slice(20));
  await vi.waitFor(() => expect(follower.changed).toHaveBeenCalledExactlyOnceWith(accepted));
  expect(follower.missed).not.toHaveBeenCalled();
});

it('given a stream that is lost, when it is opened again, then it goes on after the last message', async () => {
  const first = await openedStream(0);
  first.say(`id: 7\nevent: order\ndata: ${JSON.stringify(accepted)}\n\n`);
  await vi.waitFor(() => expect(follower.changed).toHaveBeenCalled());
  first.hangUp();
  await vi.waitFor(() => expect(follower.lost).toHaveBeenCalledOnce());
  await vi.advanceTimersByTimeAsync(15_000);
  expect((await openedStream(1)).headers.get('Last-Event-ID')).toBe('7');
});

it('given a stream that is lost before anything was told, when it is opened again, then it goes on after its greeting', async () => {
  const first = await openedStream(0);
  first.say(': follows your orders\nid: gmk');
  first.say('\n\n');
  first.hangUp();
  await vi.waitFor(() => expect(follower.lost).toHaveBeenCalledOnce());
  await vi.advanceTimersByTimeAsync(15_000);
  const second = await openedStream(1);
  expect(second.headers.get('Last-Event-ID')).toBe('gmk');
  expect(follower.missed).not.toHaveBeenCalled();

  // A client that has a place is greeted without one.
  second.say(': follows your orders again\n\n');
  second.hangUp();
  await vi.waitFor(() => expect(follower.lost).toHaveBeenCalledTimes(2));
  await vi.advanceTimersByTimeAsync(15_000);
  expect((await openedStream(2)).headers.get('Last-Event-ID')).toBe('gmk');
});

it.each([
  ['a reset', 'event: reset\ndata:\n\n'],
  ['what cannot be understood', 'event: order\ndata: {"id":3}\n\n'],
  ['what is no JSON', 'event: order\ndata: <html>\n\n'],
])('given %s, when it is heard, then everything is to be asked for again', async (_, message) => {
  (await openedStream(0)).say(message);
  await vi.waitFor(() => expect(follower.missed).toHaveBeenCalledOnce());
  expect(follower.changed).not.toHaveBeenCalled();
});

it('given a word at least every 15 seconds, when a stream falls silent, then it is given up and opened again', async () => {
  const first = await openedStream(0);
  for (let word = 0; word < 5; word += 1) {
    await vi.advanceTimersByTimeAsync(15_000);
    first.say(': here\n\n');
  }
  expect(follower.lost).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(follower.lost).toHaveBeenCalledOnce();
  await openedStream(1);
});

it('given nobody who follows any more, when time passes, then the stream is not opened again', async () => {
  await openedStream(0);
  end.abort();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(streams).toHaveLength(1);
});
