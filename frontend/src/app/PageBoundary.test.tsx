import { render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { Suspense } from 'react';
import { expect, it, vi } from 'vitest';
import { laterPage } from './laterPage';
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

it('given code that could not be fetched, when the page is tried again, then it is fetched again', async () => {
  const load = vi
    .fn<() => Promise<{ default: () => string }>>()
    .mockRejectedValueOnce(new TypeError('Failed to fetch'))
    .mockResolvedValue({ default: () => 'The page' });
  const Page = laterPage(load);
  render(
    <Suspense>
      <PageBoundary>
        <Page />
      </PageBoundary>
    </Suspense>,
    { onCaughtError: () => undefined },
  );
  await userEvent.click(await screen.findByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('The page')).toBeInTheDocument();
  expect(load).toHaveBeenCalledTimes(2);
});
