import type { InfiniteQueryObserverResult } from '@tanstack/react-query';
import Button from 'react-bootstrap/Button';
import { errorMessage } from '../api/problem';
import { notify } from '../notices/noticeStore';

type Query = {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<InfiniteQueryObserverResult>;
};

type Props = { query: Query; beforeFetch: () => void; label?: string };

/** The button that fetches the next page of a list. Errors appear as a notice, so that the list stays. */
export function ShowMore({ query, beforeFetch, label = 'Show more' }: Props) {
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const showMore = () => {
    if (!isFetchingNextPage) {
      beforeFetch();
      void fetchOrNotify(fetchNextPage);
    }
  };
  return (
    hasNextPage && (
      <div className="show-more">
        <Button variant="outline-primary" aria-disabled={isFetchingNextPage} onClick={showMore}>
          {isFetchingNextPage ? 'Loading…' : label}
        </Button>
      </div>
    )
  );
}

async function fetchOrNotify(fetchNextPage: Query['fetchNextPage']): Promise<void> {
  const { isFetchNextPageError, error } = await fetchNextPage();
  if (isFetchNextPageError) {
    notify({ severity: 'error', text: errorMessage(error), retry: () => void fetchOrNotify(fetchNextPage) });
  }
}
