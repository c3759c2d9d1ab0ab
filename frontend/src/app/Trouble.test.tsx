import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { problemFrom, Unreachable } from '../api/problem';
import { isInTrouble, Trouble } from './Trouble';

function refusal(status: number, detail: string, headers: HeadersInit = {}): Error {
  return problemFrom(
    { type: '/problems/x', title: 'X', status, detail },
    new Response(null, { status, headers }),
  );
}

it.each([
  [
    '403',
    refusal(403, 'You have no access to this resource!'),
    'You have no access to this resource! Your account does not have the rights for it.',
  ],
  [
    '429 with a time',
    refusal(429, 'Too many requests', { 'Retry-After': '90' }),
    'That was too often in a short time. Please try again in 90 seconds.',
  ],
  [
    '429 without one',
    refusal(429, 'Too many requests'),
    'That was too often in a short time. Please wait a little and try again.',
  ],
  [
    '503',
    refusal(503, 'Service unavailable!'),
    'Service unavailable! This part of the shop is away for a moment. Please try again shortly.',
  ],
  [
    'no answer',
    new Unreachable('The shop did not answer.'),
    'The shop cannot be reached. Check your connection and try again.',
  ],
  [
    'a mistake of the page',
    new TypeError('x is not a function'),
    'Something went wrong on this page. Please try again.',
  ],
])('given %s, when it is shown, then it says in words what it means', (_, error, words) => {
  const query = { data: undefined, error, isFetching: false, refetch: () => undefined };
  render(<Trouble query={query} what="The catalogue" />);
  expect(screen.getByRole('alert')).toHaveTextContent(`The catalogue could not be loaded${words}`);
});

it('given trouble, when it is tried again, then that is seen, and the focus does not get lost', async () => {
  let end: { resolve: (words: string) => void; reject: (error: Error) => void } | undefined;
  const queryFn = () =>
    new Promise<string>((resolve, reject) => {
      end = { resolve, reject };
    });
  function Page() {
    const query = useQuery({ queryKey: ['words'], queryFn, retry: false });
    return isInTrouble(query) ? <Trouble query={query} what="The page" /> : <p>{query.data}</p>;
  }
  render(
    <QueryClientProvider client={new QueryClient()}>
      <main id="content" tabIndex={-1}>
        <Page />
      </main>
    </QueryClientProvider>,
  );
  end?.reject(refusal(503, 'Service unavailable!'));
  const button = await screen.findByRole('button', { name: 'Try again' });
  await userEvent.click(button);
  expect(button).toHaveTextContent('Trying…');
  expect(button).toHaveAttribute('aria-disabled', 'true');
  expect(screen.getByRole('alert')).toHaveTextContent('Service unavailable!');
  expect(button).toHaveFocus();

  end?.resolve('All is well.');
  expect(await screen.findByText('All is well.')).toBeInTheDocument();
  expect(screen.getByRole('main')).toHaveFocus();
});
