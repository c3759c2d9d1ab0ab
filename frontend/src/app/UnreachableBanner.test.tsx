import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { reachability } from '../api/reachability';
import { UnreachableBanner } from './UnreachableBanner';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('given an outage, when it is over, then the banner goes and the shop is not asked any more', async () => {
  let isBack = false;
  const fetch = vi.fn(() => Promise.resolve(new Response(null, { status: isBack ? 200 : 503 })));
  vi.stubGlobal('fetch', fetch);
  vi.stubGlobal(
    'Request',
    class extends Request {
      constructor(url: string) {
        super(new URL(url, 'http://shop'));
      }
    },
  );
  render(
    <QueryClientProvider client={new QueryClient()}>
      <UnreachableBanner />
    </QueryClientProvider>,
  );
  act(() => reachability.note('/api/orders', false));
  expect(screen.getByRole('status')).toHaveTextContent('Orders are not answering just now.');
  await act(() => vi.advanceTimersByTimeAsync(10_000));
  expect(fetch.mock.calls.length).toBeGreaterThan(1);

  isBack = true;
  await act(() => vi.advanceTimersByTimeAsync(10_000));
  expect(screen.getByRole('status')).toBeEmptyDOMElement();
  const askedUntilThen = fetch.mock.calls.length;
  await act(() => vi.advanceTimersByTimeAsync(600_000));
  expect(fetch).toHaveBeenCalledTimes(askedUntilThen);
  vi.unstubAllGlobals();
});
