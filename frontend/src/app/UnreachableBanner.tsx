import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { api } from '../api/client';
import { type Part, reachability } from '../api/reachability';
import { session } from '../session/session';
import * as tokens from '../session/tokens';

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
/** So long after an outage, the next one is another. */
const calm = 30_000;

function useAskUntilBack(away: readonly Part[]) {
  const queries = useQueryClient();
  const patience = useRef({ pause: firstPause, until: 0 });
  useEffect(() => {
    if (away.length === 0) {
      return;
    }
    // Who comes back only to go again is not asked more often for it.
    const own = patience.current;
    if (Date.now() > own.until + calm) {
      own.pause = firstPause;
    }
    let ended = false;
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      own.pause = Math.min(longestPause, own.pause * 2);
      const answers = await Promise.all(away.map(isBack));
      if (answers.includes(true)) {
        await session.restore();
        // What somebody asked for meanwhile goes on.
        await queries.invalidateQueries({}, { cancelRefetch: false });
      }
      // What is away may have changed meanwhile: then somebody else asks.
      if (!ended) {
        timer = setTimeout(ask, own.pause);
      }
    };
    timer = setTimeout(ask, own.pause);
    return () => {
      ended = true;
      own.until = Date.now();
      clearTimeout(timer);
    };
  }, [away, queries]);
}

/**
 * Asks for what needs the database of that part, because a part whose database is away is away too; its
 * `…_health` would not know. That an answer stands for an outage is noted where all calls are made.
 */
const questions: Record<Part, () => Promise<unknown>> = {
  products: () => api.GET('/api/categories'),
  orders: askForOrders,
  authentication: () => tokens.askAfter(),
};

async function askForOrders(): Promise<void> {
  if (session.state().status === 'visitor') {
    // Who has none cannot ask, and does not miss them.
    reachability.note('/api/orders', true);
  } else {
    await api.GET('/api/orders', { params: { query: { limit: 1 } } });
  }
}

async function isBack(part: Part): Promise<boolean> {
  try {
    await questions[part]();
  } catch {
    // No answer is noted too.
  }
  return !reachability.away().includes(part);
}
