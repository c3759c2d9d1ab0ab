import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const calls = { renew: vi.fn<() => Promise<string>>(), logOut: vi.fn<() => Promise<void>>() };

vi.mock('./tokens', () => ({
  logIn: () => Promise.resolve(token('first')),
  register: () => Promise.resolve(),
  renew: () => calls.renew(),
  logOut: () => calls.logOut(),
}));

/** What the shop's tokens look like from outside; nobody here checks a signature. */
function token(id: string): string {
  const claims = { email: 'ada@example.com', role: 'user', iat: 1000, exp: 1900, jti: id };
  return `head.${btoa(JSON.stringify(claims))}.${id}`;
}

async function freshSession() {
  vi.resetModules();
  return (await import('./session')).session;
}

beforeEach(() => {
  calls.renew.mockReset();
  calls.logOut.mockReset().mockResolvedValue();
});

afterEach(() => vi.useRealTimers());

describe('the session', () => {
  it('given a visitor, when the page is loaded, then the shop is not asked', async () => {
    const session = await freshSession();
    expect(await session.accessToken()).toBeNull();
    expect(calls.renew).not.toHaveBeenCalled();
  });

  it('given a session before, when the page is loaded, then it is restored', async () => {
    localStorage.setItem('signed-in', '1');
    calls.renew.mockResolvedValue(token('restored'));
    const session = await freshSession();
    expect(await session.accessToken()).toBe(token('restored'));
    expect(session.state()).toEqual({ status: 'signed-in', me: { email: 'ada@example.com', role: 'user' } });
  });

  it('given foreign data in place of the hint, when the page is loaded, then one is a visitor and it is gone', async () => {
    localStorage.setItem('signed-in', '{"<foreign>":[');
    calls.renew.mockResolvedValue('not a token');
    const session = await freshSession();
    await session.accessToken();
    expect(session.state()).toEqual({ status: 'visitor' });
    expect(localStorage.getItem('signed-in')).toBeNull();
  });

  it('given many calls with a spent token, when each asks for another, then the shop is asked once', async () => {
    const session = await freshSession();
    await session.logIn('ada@example.com', 'secret');
    calls.renew.mockResolvedValue(token('second'));
    const renewed = await Promise.all(Array.from({ length: 20 }, () => session.renew(token('first'))));
    expect(new Set(renewed)).toEqual(new Set([token('second')]));
    expect(calls.renew).toHaveBeenCalledTimes(1);
    expect(await session.renew(token('first'))).toBe(token('second'));
    expect(calls.renew).toHaveBeenCalledTimes(1);
  });

  it('given a log-out while a renewal is under way, when its answer comes, then one stays logged out', async () => {
    const session = await freshSession();
    await session.logIn('ada@example.com', 'secret');
    let answer: (value: string) => void = () => undefined;
    calls.renew.mockReturnValue(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    const renewal = session.renew(token('first'));
    const end = session.logOut();
    answer(token('second'));
    expect(await renewal).toBeNull();
    await end;
    expect(session.state()).toEqual({ status: 'visitor' });
    expect(localStorage.getItem('signed-in')).toBeNull();
  });
});
