import type { FieldError, Problem } from './types';

/** The shop answered, and the answer is no. */
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

/** There was no answer: no network, or nobody at the other end. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of a call, or one of the two errors above. */
export async function answerOf<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (cause) {
    const isAborted = cause instanceof DOMException && cause.name === 'AbortError';
    // Renewing the session is a call within this one, whose trouble is known already.
    if (isAborted || cause instanceof ApiProblem || cause instanceof Unreachable) {
      throw cause;
    }
    throw new Unreachable('The shop did not answer.', { cause });
  }
  if (!answer.response.ok) {
    throw problemFrom(answer.error, answer.response);
  }
  return answer.data as T;
}

/** The same; nothing where the shop knows no such thing, which trying again would not change. */
export async function answerOrNone<T>(call: Promise<Answer<T>>): Promise<T | null> {
  try {
    return await answerOf(call);
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) {
      return null;
    }
    throw error;
  }
}

export function problemFrom(body: unknown, response: Response): ApiProblem {
  const wait = Number(response.headers.get('Retry-After') ?? Number.NaN);
  const retryAfterSeconds = Number.isFinite(wait) ? wait : null;
  if (isProblem(body)) {
    return new ApiProblem(body, retryAfterSeconds);
  }
  // Something between the shop and the browser answered in its place.
  const detail = response.status >= 500 ? 'Service unavailable!' : 'The shop could not do that.';
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

/** Whether trying the same again later may help. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof Unreachable ||
    (error instanceof ApiProblem && (error.status === 429 || error.status >= 502))
  );
}

/** What to tell a person: the shop's own sentence, and what to do about it where that helps. */
export function sentencesFor(error: unknown): string {
  if (error instanceof Unreachable) {
    return 'The shop cannot be reached. Check your connection and try again.';
  }
  if (!(error instanceof ApiProblem)) {
    return 'Something went wrong on this page. Please try again.';
  }
  if (error.type === '/problems/foreign-page') {
    return 'The shop does not know this address as its own. Open it at the address that it was set up for.';
  }
  switch (error.status) {
    case 403:
      return `${error.message} Your account does not have the rights for it.`;
    case 429:
      return error.retryAfterSeconds === null
        ? 'That was too often in a short time. Please wait a little and try again.'
        : `That was too often in a short time. Please try again in ${inWords(error.retryAfterSeconds)}.`;
    case 503:
      return `${error.message} This part of the shop is away for a moment. Please try again shortly.`;
    default:
      return error.message;
  }
}

function inWords(seconds: number): string {
  if (seconds <= 1) {
    return 'a second';
  }
  return seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
