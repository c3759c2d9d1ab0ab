import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiProblem, Unreachable } from '../api/problem';

const calls = { renew: vi.fn<() => Promise<string>>(), logOut: vi.fn<() => Promise<void>>() };

// The session is loaded anew for each test; its errors have to remain those of this file.
const errors = vi.hoisted(() => ({ module: undefined as Promise<unknown> | undefined }));
vi.mock('../api/problem', (original) => {
  errors.module ??= original();
  return errors.module as never;
});

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

function problem(status: number): ApiProblem {
  return new ApiProblem({ type: '/problems/x', title: '', status, detail: 'No.' });
}

async function freshSession() {
  vi.resetModules();
  return (await import('./session')).session;
}

const Channel = BroadcastChannel;
let tests = 0;

beforeEach(() => {
  // What the tabs of one test tell each other is not for those of the next.
  tests += 1;
  const browser = `browser ${tests}`;
  vi.stubGlobal(
    'BroadcastChannel',
    class extends Channel {
      constructor(name: string) {
        super(`${name} in ${browser}`);
      }
    },
  );
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

  it('given a page that was left during its renewal, when the next one is refused at first, then it asks again', async () => {
    vi.useFakeTimers();
    localStorage.setItem('signed-in', '1');
    localStorage.setItem('renewal-unseen', '1');
    calls.renew.mockRejectedValueOnce(problem(401)).mockResolvedValue(token('second'));
    const session = await freshSession();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await session.accessToken()).toBe(token('second'));
    expect(localStorage.getItem('renewal-unseen')).toBeNull();
  });

  it('given a token of another tab that comes after a log-out, when it is heard, then one stays logged out', async () => {
    const session = await freshSession();
    await session.logIn('ada@example.com', 'secret');
    await session.logOut();
    const other = new BroadcastChannel('session');
    const heard = new Promise((resolve) => {
      new BroadcastChannel('session').addEventListener('message', resolve);
    });
    other.postMessage({ kind: 'signed-in', accessToken: token('late') });
    await heard;
    expect(session.state()).toEqual({ status: 'visitor' });
  });
});

describe.each([
  ['503', () => problem(503)],
  ['429', () => problem(429)],
  ['no network', () => new Unreachable('')],
])('the session while authentication answers %s', (_, trouble) => {
  beforeEach(() => vi.useFakeTimers());

  it('given a session before, when the page is loaded, then nobody is logged out and it comes back by itself', async () => {
    localStorage.setItem('signed-in', '1');
    const error = trouble();
    calls.renew.mockRejectedValue(error);
    const session = await freshSession();
    await expect(session.accessToken()).rejects.toBe(error);
    expect(session.state()).toEqual({ status: 'restoring' });
    calls.renew.mockResolvedValue(token('restored'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(session.state()).toMatchObject({ status: 'signed-in' });
  });

  it('given a spent token, when another is needed, then that fails and one stays logged in', async () => {
    const session = await freshSession();
    await session.logIn('ada@example.com', 'secret');
    const error = trouble();
    calls.renew.mockRejectedValue(error);
    await expect(session.renew(token('first'))).rejects.toBe(error);
    expect(session.state()).toMatchObject({ status: 'signed-in' });
  });

  it('given a log-out that the shop has not heard, when the page is loaded again, then it is told before anything else', async () => {
    const session = await freshSession();
    await session.logIn('ada@example.com', 'secret');
    calls.logOut.mockRejectedValue(trouble());
    await expect(session.logOut()).rejects.toThrow();
    expect(session.state()).toEqual({ status: 'visitor' });
    calls.logOut.mockReset().mockResolvedValue();
    await freshSession();
    await vi.advanceTimersByTimeAsync(0);
    expect(calls.logOut).toHaveBeenCalledOnce();
    expect(calls.renew).not.toHaveBeenCalled();
    await freshSession();
    await vi.advanceTimersByTimeAsync(0);
    expect(calls.logOut).toHaveBeenCalledOnce();
  });

  it('given a log-out that the shop has not heard, when the page stays open, then it is told later', async () => {
    const session = await freshSession();
    await session.logIn('ada@example.com', 'secret');
    calls.logOut.mockRejectedValueOnce(trouble());
    await expect(session.logOut()).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls.logOut).toHaveBeenCalledTimes(2);
  });
});
