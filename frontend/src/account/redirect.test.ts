import { describe, expect, it } from 'vitest';
import { logInPath, redirectTarget } from './redirect';

describe('the redirect after logging in', () => {
  it('given a page of the shop, when a visitor logs in there, then they return to it', () => {
    const search = new URLSearchParams(logInPath('/orders?x=1').split('?')[1]);
    expect(redirectTarget(search)).toBe('/orders?x=1');
  });

  it.each(['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', 'orders', ''])(
    'given %s, when a visitor logs in, then they stay in the shop',
    (next) => {
      expect(redirectTarget(new URLSearchParams({ next }))).toBe('/');
    },
  );
});
