import { QueryClient } from '@tanstack/react-query';
import { ApiProblem, isRetryable } from '../api/problem';

/** A query that would have to wait longer fails, and shows its error, instead of being retried. */
const MAX_RETRY_AFTER_SECONDS = 10;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // `navigator.onLine` is unreliable, so queries do not depend on it.
      networkMode: 'always',
      staleTime: 5000,
      retry: (failures, error) =>
        failures < 2 && isRetryable(error) && retryAfterSeconds(error) <= MAX_RETRY_AFTER_SECONDS,
      retryDelay: (attempt, error) =>
        Math.max(400 * 2 ** attempt * (0.5 + Math.random()), 1000 * retryAfterSeconds(error)),
    },
    mutations: { networkMode: 'always', retry: false },
  },
});

function retryAfterSeconds(error: unknown): number {
  return error instanceof ApiProblem ? (error.retryAfterSeconds ?? 0) : 0;
}
