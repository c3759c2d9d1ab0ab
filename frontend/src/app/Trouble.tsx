import { useState } from 'react';
import Button from 'react-bootstrap/Button';
import { sentencesFor } from '../api/problem';
import { useFocusOutlives } from './focus';

type Query = { data: unknown; error: unknown; isFetching: boolean; refetch: () => unknown };
type Props = { query: Query; what: string; isPage?: boolean };

/** Whether there is nothing to show because asking has failed, also while it is tried again. */
export function isInTrouble(query: { data: unknown; errorUpdateCount: number }): boolean {
  return query.data === undefined && query.errorUpdateCount > 0;
}

/** Stands where something could not be loaded. */
export function Trouble({ query, what, isPage = false }: Props) {
  const part = useFocusOutlives<HTMLDivElement>();
  // While it is tried again there is no error, but what was said of the last one still stands.
  const [last, setLast] = useState(query.error);
  if (query.error !== null && query.error !== last) {
    setLast(query.error);
  }
  const Heading = isPage ? 'h1' : 'h2';
  return (
    <div ref={part} className="quiet-state" role="alert">
      <Heading>{what} could not be loaded</Heading>
      {last !== null && <p>{sentencesFor(last)}</p>}
      <Button aria-disabled={query.isFetching} onClick={() => query.isFetching || query.refetch()}>
        {query.isFetching ? 'Trying…' : 'Try again'}
      </Button>
    </div>
  );
}
