import { render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { Suspense } from 'react';
import { expect, it, vi } from 'vitest';
import { lazyWithPreload } from '../ui/lazyWithPreload';
import { ErrorBoundary } from './ErrorBoundary';

it('given a page that throws, when it is rendered, then the rest stays usable and the page can be retried', async () => {
  let fails = true;
  function Page() {
    if (fails) {
      throw new Error('a bug');
    }
    return <h1>The page</h1>;
  }
  const onCaughtError = vi.fn();
  render(
    <>
      <a href="/cart">Cart</a>
      <ErrorBoundary>
        <Page />
      </ErrorBoundary>
    </>,
    { onCaughtError },
  );
  expect(screen.getByRole('alert')).toHaveTextContent('Something went wrong');
  expect(screen.getByRole('link', { name: 'Cart' })).toBeInTheDocument();
  expect(onCaughtError).toHaveBeenCalledOnce();
  fails = false;
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(screen.getByRole('heading', { name: 'The page' })).toBeInTheDocument();
});

it('given a chunk that fails to load, when its page is rendered, then it says so and offers to reload', async () => {
  const Page = lazyWithPreload<object>(() => Promise.reject(new TypeError('Failed to fetch')));
  render(
    <Suspense>
      <ErrorBoundary>
        <Page />
      </ErrorBoundary>
    </Suspense>,
    { onCaughtError: () => undefined },
  );
  expect(await screen.findByRole('alert')).toHaveTextContent('We could not load this page');
  expect(screen.getByRole('button', { name: 'Reload' })).toBeInTheDocument();
});
