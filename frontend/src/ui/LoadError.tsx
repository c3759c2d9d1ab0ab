import { useState } from 'react';
import Button from 'react-bootstrap/Button';
import { errorMessage } from '../api/problem';
import { useFocusFallback } from '../focus/focus';

type Query = { data: unknown; error: unknown; isFetching: boolean; refetch: () => unknown };
type Props = { query: Query; subject: string; isPage?: boolean };

/** Whether a query has no data because it failed. Stays true while it is retried. */
export function hasLoadError(query: { data: unknown; errorUpdateCount: number }): boolean {
  return query.data === undefined && query.errorUpdateCount > 0;
}

/** The error of a query in place of its data, with a button to retry. */
export function LoadError({ query, subject, isPage = false }: Props) {
  const container = useFocusFallback<HTMLDivElement>();
  // A query has no error while it is retried, but the message of the last one stays.
  const [lastError, setLastError] = useState(query.error);
  if (query.error !== null && query.error !== lastError) {
    setLastError(query.error);
  }
  const Heading = isPage ? 'h1' : 'h2';
  return (
    <div ref={container} className="empty-state" role="alert">
      <Heading>We could not load {subject}</Heading>
      {lastError !== null && <p>{errorMessage(lastError)}</p>}
      <Button aria-disabled={query.isFetching} onClick={() => query.isFetching || query.refetch()}>
        {query.isFetching ? 'Trying…' : 'Try again'}
      </Button>
    </div>
  );
}
