import { reportReachability } from './reachability';

const RESPONSE_TIMEOUT_MS = 15_000;
const UNAVAILABLE_STATUSES = new Set([502, 503, 504]);

/** `fetch` with a timeout for the start of the response. Reports whether the service was reachable. */
export async function fetchWithTimeout(request: Request): Promise<Response> {
  const timeout = new AbortController();
  const timer = setTimeout(
    () => timeout.abort(new DOMException('No response', 'TimeoutError')),
    RESPONSE_TIMEOUT_MS,
  );
  try {
    const response = await fetch(request, { signal: AbortSignal.any([request.signal, timeout.signal]) });
    reportReachability(request.url, !UNAVAILABLE_STATUSES.has(response.status));
    return response;
  } catch (error) {
    if (!request.signal.aborted) {
      reportReachability(request.url, false);
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
