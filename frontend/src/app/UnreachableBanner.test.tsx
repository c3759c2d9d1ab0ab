import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { reachability } from '../api/reachability';
import { UnreachableBanner } from './UnreachableBanner';

let isBack = false;
/** What a service says of itself, whatever has become of its database. */
const healthy = /_health$/;
const fetch = vi.fn((request: Request) =>
  Promise.resolve(
    Response.json({ categories: [] }, { status: isBack || healthy.test(request.url) ? 200 : 503 }),
  ),
);

beforeEach(() => {
  isBack = false;
  vi.useFakeTimers();
  vi.stubGlobal('fetch', fetch.mockClear());
  render(
    <QueryClientProvider client={new QueryClient()}>
      <UnreachableBanner />
    </QueryClientProvider>,
  );
});

afterEach(() => {
  act(() => reachability.note('/api/products', true));
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const pass = (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds));
const goes = () => act(() => reachability.note('/api/products', false));

it('given a database that is away, when it is over, then the banner goes, and was there until then', async () => {
  goes();
  for (let second = 0; second < 60; second += 1) {
    await pass(1000);
    expect(screen.getByRole('status')).toHaveTextContent('The catalogue is not answering just now.');
  }
  expect(fetch.mock.calls.length).toBeGreaterThan(3);
  expect(fetch.mock.calls.length).toBeLessThan(12);

  isBack = true;
  await pass(8000);
  expect(screen.getByRole('status')).toBeEmptyDOMElement();
  const askedUntilThen = fetch.mock.calls.length;
  await pass(600_000);
  expect(fetch).toHaveBeenCalledTimes(askedUntilThen);
});

it('given a part that comes back only to go again, when it goes, then it is not asked more often than before', async () => {
  goes();
  await pass(60_000);
  isBack = true;
  await pass(8000);
  isBack = false;
  goes();
  fetch.mockClear();
  await pass(7000);
  expect(fetch).not.toHaveBeenCalled();
});
