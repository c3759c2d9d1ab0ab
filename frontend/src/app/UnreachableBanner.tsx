import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { watchedFetch } from '../api/fetch';
import { type Part, reachability } from '../api/reachability';
import { session } from '../session/session';

const words: Record<Part, string> = {
  products: 'The catalogue is not answering just now.',
  orders: 'Orders are not answering just now.',
  authentication: 'Logging in is not possible just now.',
};

/** Is there while a part of the shop is away, and asks after it until it is back. */
export function UnreachableBanner() {
  const away = useSyncExternalStore(reachability.subscribe, reachability.away);
  useAskUntilBack(away);
  const [part] = away;
  return (
    <div role="status">
      {part !== undefined && (
        <p className="unreachable">
          {away.length > 1 ? 'The shop is not answering just now.' : words[part]} We keep trying; your cart is
          safe.
        </p>
      )}
    </div>
  );
}

const firstPause = 1000;
const longestPause = 8000;

function useAskUntilBack(away: readonly Part[]) {
  const queries = useQueryClient();
  useEffect(() => {
    if (away.length === 0) {
      return;
    }
    let ended = false;
    let timer: ReturnType<typeof setTimeout>;
    let pause = firstPause;
    const ask = async () => {
      const answers = await Promise.all(away.map(isBack));
      if (answers.includes(true)) {
        await session.restore();
        await queries.invalidateQueries();
      }
      // What is away may have changed meanwhile: then somebody else asks.
      if (!ended) {
        pause = Math.min(longestPause, pause * 2);
        timer = setTimeout(ask, pause);
      }
    };
    timer = setTimeout(ask, pause);
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [away, queries]);
}

async function isBack(part: Part): Promise<boolean> {
  try {
    const response = await watchedFetch(new Request(`/api/${part}_health`));
    return response.ok;
  } catch {
    return false;
  }
}
