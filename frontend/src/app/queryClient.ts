import { QueryClient } from '@tanstack/react-query';
import { ApiProblem, isPassing } from '../api/problem';

/** In seconds. Whoever has to wait longer is told so instead. */
const longestWait = 10;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Whether there is a network is learnt by trying: what the browser believes is often wrong.
      networkMode: 'always',
      staleTime: 5000,
      retry: (failures, error) => failures < 2 && isPassing(error) && wished(error) <= longestWait,
      retryDelay: (attempt, error) =>
        Math.max(400 * 2 ** attempt * (0.5 + Math.random()), 1000 * wished(error)),
    },
    mutations: { networkMode: 'always', retry: false },
  },
});

/** How many seconds the shop asks to be left alone. */
function wished(error: unknown): number {
  return error instanceof ApiProblem ? (error.retryAfterSeconds ?? 0) : 0;
}
