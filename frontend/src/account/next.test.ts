import { describe, expect, it } from 'vitest';
import { logInPath, nextFrom } from './next';

describe('where logging in leads', () => {
  it('given a page of the shop, when somebody logs in, then they come back to it', () => {
    const search = new URLSearchParams(logInPath('/orders?x=1').split('?')[1]);
    expect(nextFrom(search)).toBe('/orders?x=1');
  });

  it.each(['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', 'orders', ''])(
    'given %s, when somebody logs in, then they stay in the shop',
    (next) => {
      expect(nextFrom(new URLSearchParams({ next }))).toBe('/');
    },
  );
});
