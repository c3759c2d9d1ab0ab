import type { InfiniteQueryObserverResult } from '@tanstack/react-query';
import { sentencesFor } from '../api/problem';
import { notify } from '../notices/notices';

/** Asks for the next page of a list. What is shown already stays; trouble is told beside it. */
export async function showMore(fetchNextPage: () => Promise<InfiniteQueryObserverResult>): Promise<void> {
  const { isFetchNextPageError, error } = await fetchNextPage();
  if (isFetchNextPageError) {
    notify({ tone: 'bad', text: sentencesFor(error), again: () => void showMore(fetchNextPage) });
  }
}
