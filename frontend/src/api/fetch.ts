import { reachability } from './reachability';

const patience = 15_000;
const standsForAway = new Set([502, 503, 504]);

/** `fetch` that does not wait for ever for an answer to begin, and remembers which part of the shop was away. */
export async function watchedFetch(request: Request): Promise<Response> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(new DOMException('No answer', 'TimeoutError')), patience);
  try {
    const response = await fetch(request, { signal: AbortSignal.any([request.signal, giveUp.signal]) });
    reachability.note(request.url, !standsForAway.has(response.status));
    return response;
  } catch (error) {
    if (!request.signal.aborted) {
      reachability.note(request.url, false);
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
