import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { api } from '../api/client';
import { reportReachability, type Service, unreachableServices } from '../api/reachability';
import * as authApi from '../session/authApi';
import { session } from '../session/session';
import { useStore } from '../store';

const messages: Record<Service, string> = {
  products: 'The catalogue is unavailable right now.',
  orders: 'Orders are unavailable right now.',
  authentication: 'You cannot log in right now.',
};

/** Shown while a service is unreachable. Polls it until it responds again. */
export function OutageBanner() {
  const unreachable = useStore(unreachableServices);
  usePollUntilReachable(unreachable);
  const [service] = unreachable;
  return (
    <div role="status">
      {service !== undefined && (
        <p className="outage-banner">
          {unreachable.length > 1 ? 'The shop is unavailable right now.' : messages[service]} We are trying to
          reconnect. Your cart is saved.
        </p>
      )}
    </div>
  );
}

const MIN_POLL_INTERVAL_MS = 1000;
const MAX_POLL_INTERVAL_MS = 8000;
/** After this long without an outage, the next one starts with the shortest interval again. */
const BACKOFF_RESET_MS = 30_000;

function usePollUntilReachable(unreachable: readonly Service[]) {
  const queries = useQueryClient();
  const backoff = useRef({ interval: MIN_POLL_INTERVAL_MS, lastOutageEnd: 0 });
  useEffect(() => {
    if (unreachable.length === 0) {
      return;
    }
    // Kept across outages, so that a service that recovers briefly is not polled more often.
    const { current } = backoff;
    if (Date.now() > current.lastOutageEnd + BACKOFF_RESET_MS) {
      current.interval = MIN_POLL_INTERVAL_MS;
    }
    let isStopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const poll = async () => {
      current.interval = Math.min(MAX_POLL_INTERVAL_MS, current.interval * 2);
      const results = await Promise.all(unreachable.map(isReachableAgain));
      if (results.includes(true)) {
        await session.restore();
        // Requests in flight are not cancelled.
        await queries.invalidateQueries({}, { cancelRefetch: false });
      }
      // If the set of unreachable services has changed meanwhile, another effect polls.
      if (!isStopped) {
        timer = setTimeout(poll, current.interval);
      }
    };
    timer = setTimeout(poll, current.interval);
    return () => {
      isStopped = true;
      current.lastOutageEnd = Date.now();
      clearTimeout(timer);
    };
  }, [unreachable, queries]);
}

/**
 * Calls that need the database of a service. Its `…_health` endpoint would not do: it succeeds while the
 * database is down. `fetchWithTimeout` reports the result to `unreachableServices`.
 */
const probes: Record<Service, () => Promise<unknown>> = {
  products: () => api.GET('/api/categories'),
  orders: probeOrders,
  authentication: () => authApi.probe(),
};

async function probeOrders(): Promise<void> {
  if (session.state().status === 'signed-out') {
    // A visitor has no orders to request, and does not need the service.
    reportReachability('/api/orders', true);
  } else {
    await api.GET('/api/orders', { params: { query: { limit: 1 } } });
  }
}

async function isReachableAgain(service: Service): Promise<boolean> {
  try {
    await probes[service]();
  } catch {
    // Reported to `unreachableServices` as well.
  }
  return !unreachableServices.get().includes(service);
}
