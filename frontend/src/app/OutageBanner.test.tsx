import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { reportReachability } from '../api/reachability';
import { OutageBanner } from './OutageBanner';

let isDatabaseUp = false;
/** The health check succeeds even if the database is down. */
const HEALTH_CHECK = /_health$/;
const fetch = vi.fn((request: Request) =>
  Promise.resolve(
    Response.json({ categories: [] }, { status: isDatabaseUp || HEALTH_CHECK.test(request.url) ? 200 : 503 }),
  ),
);

beforeEach(() => {
  isDatabaseUp = false;
  vi.useFakeTimers();
  vi.stubGlobal('fetch', fetch.mockClear());
  render(
    <QueryClientProvider client={new QueryClient()}>
      <OutageBanner />
    </QueryClientProvider>,
  );
});

afterEach(() => {
  act(() => reportReachability('/api/products', true));
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const advance = (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds));
const startOutage = () => act(() => reportReachability('/api/products', false));

it('given a database that is down, when it recovers, then the banner disappears, and was visible until then', async () => {
  startOutage();
  for (let second = 0; second < 60; second += 1) {
    await advance(1000);
    expect(screen.getByRole('status')).toHaveTextContent('The catalogue is unavailable right now.');
  }
  expect(fetch.mock.calls.length).toBeGreaterThan(3);
  expect(fetch.mock.calls.length).toBeLessThan(12);

  isDatabaseUp = true;
  await advance(8000);
  expect(screen.getByRole('status')).toBeEmptyDOMElement();
  const callsUntilRecovery = fetch.mock.calls.length;
  await advance(600_000);
  expect(fetch).toHaveBeenCalledTimes(callsUntilRecovery);
});

it('given a service that recovers, when it fails again immediately, then it is not polled more often than before', async () => {
  startOutage();
  await advance(60_000);
  isDatabaseUp = true;
  await advance(8000);
  isDatabaseUp = false;
  startOutage();
  fetch.mockClear();
  await advance(7000);
  expect(fetch).not.toHaveBeenCalled();
});
