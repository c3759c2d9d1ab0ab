import { describe, expect, it } from 'vitest';
import { ApiProblem, answerOf, isPassing, problemFrom, sentencesFor, Unreachable } from './problem';
import { partOf } from './reachability';

function problem(status: number, detail: string, retryAfter: number | null = null) {
  return new ApiProblem({ type: '/problems/x', title: '', status, detail }, retryAfter);
}

describe('what a person is told', () => {
  it('given a refusal, when it is told, then it is the sentence of the shop', () => {
    expect(sentencesFor(problem(404, 'The requested amount does not exist.'))).toBe(
      'The requested amount does not exist.',
    );
  });

  it('given 403, 429 and 503, when they are told, then each says what it means', () => {
    expect(sentencesFor(problem(403, 'You have no access to this resource!'))).toContain(
      'does not have the rights',
    );
    expect(sentencesFor(problem(429, 'Too many', 30))).toContain('in 30 seconds');
    expect(sentencesFor(problem(429, 'Too many', 600))).toContain('in 10 minutes');
    expect(sentencesFor(problem(503, 'Service unavailable!'))).toContain('away for a moment');
  });

  it('given an answer by something in between, when it is told, then it is a sentence and no markup', () => {
    const between = problemFrom('<html>Bad gateway</html>', new Response(null, { status: 502 }));
    expect(sentencesFor(between)).toBe('Service unavailable!');
    expect(isPassing(between)).toBe(true);
  });
});

describe('a call', () => {
  it('given no network, when it is made, then it is unreachable and may pass', async () => {
    const failed = answerOf(Promise.reject(new TypeError('Failed to fetch')));
    await expect(failed).rejects.toBeInstanceOf(Unreachable);
    await expect(failed).rejects.toSatisfy(isPassing);
  });

  it('given a call that the page took back, when it ends, then that is no outage', async () => {
    const aborted = answerOf(Promise.reject(new DOMException('', 'AbortError')));
    await expect(aborted).rejects.not.toBeInstanceOf(Unreachable);
  });

  it.each([
    ['http://shop/api/products?limit=1', 'products'],
    ['/api/categories', 'products'],
    ['/api/orders/events', 'orders'],
    ['/api/login', 'authentication'],
  ])('given %s, when it fails, then the part that is away is %s', (url, part) => {
    expect(partOf(url)).toBe(part);
  });
});
