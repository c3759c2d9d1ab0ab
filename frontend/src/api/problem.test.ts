import { describe, expect, it } from 'vitest';
import { ApiProblem, errorMessage, isRetryable, NetworkError, toApiProblem, unwrap } from './problem';
import { serviceOf } from './reachability';

function problem(status: number, detail: string, retryAfter: number | null = null) {
  return new ApiProblem({ type: '/problems/x', title: '', status, detail }, retryAfter);
}

describe('the error message', () => {
  it('given a 404 problem, when its message is shown, then it is the detail of the problem', () => {
    expect(errorMessage(problem(404, 'The requested amount does not exist.'))).toBe(
      'The requested amount does not exist.',
    );
  });

  it('given 403, 429 and 503, when they are shown, then each says what it means', () => {
    expect(errorMessage(problem(403, 'You have no access to this resource!'))).toContain(
      'do not have access',
    );
    expect(errorMessage(problem(429, 'Too many', 30))).toContain('in 30 seconds');
    expect(errorMessage(problem(429, 'Too many', 600))).toContain('in 10 minutes');
    expect(errorMessage(problem(503, 'Service unavailable!'))).toContain('unavailable right now');
  });

  it('given an HTML response of a proxy, when it is shown, then it is a sentence without markup', () => {
    const badGateway = toApiProblem('<html>Bad gateway</html>', new Response(null, { status: 502 }));
    expect(errorMessage(badGateway)).toBe(
      'This part of the shop is unavailable right now. Please try again shortly.',
    );
    expect(isRetryable(badGateway)).toBe(true);
  });
});

describe('a call', () => {
  it('given no network, when a call is made, then it fails with a network error that is retryable', async () => {
    const failed = unwrap(Promise.reject(new TypeError('Failed to fetch')));
    await expect(failed).rejects.toBeInstanceOf(NetworkError);
    await expect(failed).rejects.toSatisfy(isRetryable);
  });

  it('given a call that the page aborted, when it ends, then that is no network error', async () => {
    const aborted = unwrap(Promise.reject(new DOMException('', 'AbortError')));
    await expect(aborted).rejects.not.toBeInstanceOf(NetworkError);
  });

  it.each([
    ['http://shop/api/products?limit=1', 'products'],
    ['/api/categories', 'products'],
    ['/api/orders/events', 'orders'],
    ['/api/login', 'authentication'],
  ])('given %s, when it fails, then the unreachable service is %s', (url, service) => {
    expect(serviceOf(url)).toBe(service);
  });
});
