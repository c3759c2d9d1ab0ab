import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { NetworkError, toApiProblem } from '../api/problem';
import { hasLoadError, LoadError } from './LoadError';

function problem(status: number, detail: string, headers: HeadersInit = {}): Error {
  return toApiProblem(
    { type: '/problems/x', title: 'X', status, detail },
    new Response(null, { status, headers }),
  );
}

it.each([
  ['403', problem(403, 'You have no access to this resource!'), 'You do not have access to this page.'],
  [
    '429 with Retry-After',
    problem(429, 'Too many requests', { 'Retry-After': '90' }),
    'Too many attempts. Try again in 90 seconds.',
  ],
  [
    '429 without Retry-After',
    problem(429, 'Too many requests'),
    'Too many attempts. Please wait a moment and try again.',
  ],
  [
    '503',
    problem(503, 'Service unavailable!'),
    'This part of the shop is unavailable right now. Please try again shortly.',
  ],
  [
    'no response',
    new NetworkError('The shop did not respond.'),
    'We cannot reach the shop. Check your connection and try again.',
  ],
  [
    'a bug in the page',
    new TypeError('x is not a function'),
    'Something went wrong on this page. Please try again.',
  ],
])('given %s, when the error is shown, then its message says what it means', (_, error, message) => {
  const query = { data: undefined, error, isFetching: false, refetch: () => undefined };
  render(<LoadError query={query} subject="the catalogue" />);
  expect(screen.getByRole('alert')).toHaveTextContent(`We could not load the catalogue${message}`);
});

it('given an error, when the query is retried, then that is visible, and the focus is not lost', async () => {
  let end: { resolve: (text: string) => void; reject: (error: Error) => void } | undefined;
  const queryFn = () =>
    new Promise<string>((resolve, reject) => {
      end = { resolve, reject };
    });
  function Page() {
    const query = useQuery({ queryKey: ['text'], queryFn, retry: false });
    return hasLoadError(query) ? <LoadError query={query} subject="the page" /> : <p>{query.data}</p>;
  }
  render(
    <QueryClientProvider client={new QueryClient()}>
      <main id="content" tabIndex={-1}>
        <Page />
      </main>
    </QueryClientProvider>,
  );
  end?.reject(problem(503, 'Service unavailable!'));
  const button = await screen.findByRole('button', { name: 'Try again' });
  await userEvent.click(button);
  expect(button).toHaveTextContent('Trying…');
  expect(button).toHaveAttribute('aria-disabled', 'true');
  expect(screen.getByRole('alert')).toHaveTextContent('unavailable right now');
  expect(button).toHaveFocus();

  end?.resolve('All is well.');
  expect(await screen.findByText('All is well.')).toBeInTheDocument();
  expect(screen.getByRole('main')).toHaveFocus();
});
