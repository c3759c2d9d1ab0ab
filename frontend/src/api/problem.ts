import type { FieldError, Problem } from './types';

/** The shop refused a call: an RFC 9457 problem. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly type: string;
  readonly fields: FieldError[];
  readonly retryAfterSeconds: number | null;

  constructor(problem: Problem, retryAfterSeconds: number | null = null) {
    super(problem.detail);
    this.status = problem.status;
    this.type = problem.type;
    this.fields = problem.errors ?? [];
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** There was no response: no network, a timeout, or the shop is down. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}

type Result<T> = { data?: T; error?: unknown; response: Response };

/** The data of a call. Throws `ApiProblem` or `NetworkError`. */
export async function unwrap<T>(call: Promise<Result<T>>): Promise<T> {
  let result: Result<T>;
  try {
    result = await call;
  } catch (cause) {
    const isAborted = cause instanceof DOMException && cause.name === 'AbortError';
    // A call may refresh the session first, whose errors are unwrapped already.
    if (isAborted || cause instanceof ApiProblem || cause instanceof NetworkError) {
      throw cause;
    }
    throw new NetworkError('The shop did not respond.', { cause });
  }
  if (!result.response.ok) {
    throw toApiProblem(result.error, result.response);
  }
  return result.data as T;
}

/** Like `unwrap`, but null for a 404, so that queries do not treat a missing item as a failure. */
export async function unwrapOrNull<T>(call: Promise<Result<T>>): Promise<T | null> {
  try {
    return await unwrap(call);
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) {
      return null;
    }
    throw error;
  }
}

export function toApiProblem(body: unknown, response: Response): ApiProblem {
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  const retryAfterSeconds = Number.isFinite(seconds) ? seconds : null;
  if (isProblem(body)) {
    return new ApiProblem(body, retryAfterSeconds);
  }
  // A proxy in front of the shop responded in its place.
  const detail = 'The shop could not process this request.';
  return new ApiProblem(
    { type: 'about:blank', title: '', status: response.status, detail },
    retryAfterSeconds,
  );
}

function isProblem(body: unknown): body is Problem {
  return (
    typeof body === 'object' &&
    body !== null &&
    'detail' in body &&
    typeof body.detail === 'string' &&
    'type' in body &&
    typeof body.type === 'string' &&
    'status' in body &&
    typeof body.status === 'number'
  );
}

/** Whether the same call may succeed later. */
export function isRetryable(error: unknown): boolean {
  return (
    error instanceof NetworkError ||
    (error instanceof ApiProblem && (error.status === 429 || error.status >= 502))
  );
}

/** The message to show for an error. */
export function errorMessage(error: unknown): string {
  if (error instanceof NetworkError) {
    return 'We cannot reach the shop. Check your connection and try again.';
  }
  if (!(error instanceof ApiProblem)) {
    return 'Something went wrong on this page. Please try again.';
  }
  if (error.type === '/problems/foreign-page') {
    return 'This address is not set up for the shop. Open the shop at its usual address.';
  }
  switch (error.status) {
    case 403:
      return 'You do not have access to this page.';
    case 429:
      return error.retryAfterSeconds === null
        ? 'Too many attempts. Please wait a moment and try again.'
        : `Too many attempts. Try again in ${formatWait(error.retryAfterSeconds)}.`;
    case 502:
    case 503:
    case 504:
      return 'This part of the shop is unavailable right now. Please try again shortly.';
    default:
      return error.message;
  }
}

function formatWait(seconds: number): string {
  if (seconds <= 1) {
    return 'a second';
  }
  return seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
