import { useQueries } from '@tanstack/react-query';
import { useDeferredValue } from 'react';
import { productQuery } from '../product/useProduct';
import { useCart } from './cartStore';
import { type ReckonedLine, standingOf } from './reckoning';

/** The cart with what the shop says now about each of its lines. */
export function useReckonedCart() {
  const now = useCart();
  const before = useDeferredValue(now);
  // A cart that has just been ordered is there until the order's page is, and not an empty one in between. Any
  // other change is drawn at once: the next press counts from it.
  const cart = now.length === 0 ? before : now;
  const answers = useQueries({
    queries: cart.map((line) => ({ ...productQuery(line.name), staleTime: 0 })),
  });
  const lines: ReckonedLine[] = cart.map((line, index) => ({
    ...line,
    standing: standingOf(line, answers[index]?.data),
  }));
  const failed = answers.find((answer) => answer.isError && answer.data === undefined);
  return {
    lines,
    isReckoning: answers.some((answer) => answer.isPending),
    error: failed?.error ?? null,
    retry: () => {
      for (const answer of answers) {
        void answer.refetch();
      }
    },
  };
}
