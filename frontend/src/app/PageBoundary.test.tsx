import { render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { Suspense } from 'react';
import { expect, it, vi } from 'vitest';
import { later } from './later';
import { PageBoundary } from './PageBoundary';

it('given a page that breaks, when it is shown, then the rest stands and the page can be tried again', async () => {
  let broken = true;
  function Page() {
    if (broken) {
      throw new Error('a mistake of ours');
    }
    return <h1>The page</h1>;
  }
  const caught = vi.fn();
  render(
    <>
      <a href="/cart">Cart</a>
      <PageBoundary>
        <Page />
      </PageBoundary>
    </>,
    { onCaughtError: caught },
  );
  expect(screen.getByRole('alert')).toHaveTextContent('This page broke');
  expect(screen.getByRole('link', { name: 'Cart' })).toBeInTheDocument();
  expect(caught).toHaveBeenCalledOnce();
  broken = false;
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(screen.getByRole('heading', { name: 'The page' })).toBeInTheDocument();
});

it('given code that does not come, when the page is shown, then it says so and offers to load it again', async () => {
  const Page = later<object>(() => Promise.reject(new TypeError('Failed to fetch')));
  render(
    <Suspense>
      <PageBoundary>
        <Page />
      </PageBoundary>
    </Suspense>,
    { onCaughtError: () => undefined },
  );
  expect(await screen.findByRole('alert')).toHaveTextContent('This page did not come');
  expect(screen.getByRole('button', { name: 'Load again' })).toBeInTheDocument();
});
