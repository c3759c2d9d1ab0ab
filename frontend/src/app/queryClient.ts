import { QueryClient } from '@tanstack/react-query';
import { isPassing } from '../api/problem';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Whether there is a network is learnt by trying: what the browser believes is often wrong.
      networkMode: 'always',
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && isPassing(error),
      retryDelay: (attempt) => 400 * 2 ** attempt * (0.5 + Math.random()),
    },
    mutations: { networkMode: 'always', retry: false },
  },
});
