import { useQueries } from '@tanstack/react-query';
import { isGone, productQuery } from '../product/useProduct';
import { useCart } from './cartStore';
import { type ReckonedLine, standingOf } from './reckoning';

/** The cart with what the shop says now about each of its lines. */
export function useReckonedCart() {
  const cart = useCart();
  const answers = useQueries({
    queries: cart.map((line) => ({ ...productQuery(line.name), staleTime: 0 })),
  });
  const lines: ReckonedLine[] = cart.map((line, index) => {
    const answer = answers[index];
    return { ...line, standing: standingOf(line, answer?.data, isGone(answer?.error)) };
  });
  const failed = answers.find(
    (answer) => answer.isError && !isGone(answer.error) && answer.data === undefined,
  );
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
