import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiProblem, NetworkError } from '../api/problem';

const calls = { refresh: vi.fn<() => Promise<string>>(), logOut: vi.fn<() => Promise<void>>() };

// Each test loads the session module again, but with the error classes that this file imports.
const errors = vi.hoisted(() => ({ module: undefined as Promise<unknown> | undefined }));
vi.mock('../api/problem', (original) => {
  errors.module ??= original();
  return errors.module as never;
});

vi.mock('./authApi', () => ({
  logIn: () => Promise.resolve(token('first')),
  register: () => Promise.resolve(),
  refresh: () => calls.refresh(),
  logOut: () => calls.logOut(),
}));

/** An unsigned token: the page does not verify signatures. */
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
  // Broadcasts of one test must not reach the next.
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
  calls.refresh.mockReset();
  calls.logOut.mockReset().mockResolvedValue();
});

afterEach(() => vi.useRealTimers());

describe('the session', () => {
  it('given a visitor, when the page is loaded, then no refresh request is sent', async () => {
    const session = await freshSession();
    expect(await session.accessToken()).toBeNull();
    expect(calls.refresh).not.toHaveBeenCalled();
  });

  it('given an earlier session, when the page is loaded, then it is restored', async () => {
    localStorage.setItem('signed-in', '1');
    calls.refresh.mockResolvedValue(token('restored'));
    const session = await freshSession();
    expect(await session.accessToken()).toBe(token('restored'));
    expect(session.state()).toEqual({ status: 'signed-in', me: { email: 'ada@example.com', role: 'user' } });
  });

  it('given invalid data in the storage, when the page is loaded, then the user is a visitor and the data is removed', async () => {
    localStorage.setItem('signed-in', '{"<foreign>":[');
    calls.refresh.mockResolvedValue('not a token');
    const session = await freshSession();
    await session.accessToken();
    expect(session.state()).toEqual({ status: 'signed-out' });
    expect(localStorage.getItem('signed-in')).toBeNull();
  });

  it('given many calls with an expired token, when each refreshes it, then one request is sent', async () => {
    const session = await freshSession();
    await session.logIn('ada@example.com', 'secret');
    calls.refresh.mockResolvedValue(token('second'));
    const tokens = await Promise.all(Array.from({ length: 20 }, () => session.refresh(token('first'))));
    expect(new Set(tokens)).toEqual(new Set([token('second')]));
    expect(calls.refresh).toHaveBeenCalledTimes(1);
    expect(await session.refresh(token('first'))).toBe(token('second'));
    expect(calls.refresh).toHaveBeenCalledTimes(1);
  });

  it('given a log-out during a refresh, when its response arrives, then the user stays logged out', async () => {
    const session = await freshSession();
    await session.logIn('ada@example.com', 'secret');
    let respond: (value: string) => void = () => undefined;
    calls.refresh.mockReturnValue(
      new Promise((resolve) => {
        respond = resolve;
      }),
    );
    const refresh = session.refresh(token('first'));
    const end = session.logOut();
    respond(token('second'));
    expect(await refresh).toBeNull();
    await end;
    expect(session.state()).toEqual({ status: 'signed-out' });
    expect(localStorage.getItem('signed-in')).toBeNull();
  });

  it('given a token from another tab after a log-out, when it arrives, then the user stays logged out', async () => {
    const session = await freshSession();
    await session.logIn('ada@example.com', 'secret');
    await session.logOut();
    const other = new BroadcastChannel('session');
    const received = new Promise((resolve) => {
      new BroadcastChannel('session').addEventListener('message', resolve);
    });
    other.postMessage({ kind: 'signed-in', accessToken: token('late') });
    await received;
    expect(session.state()).toEqual({ status: 'signed-out' });
  });
});

describe.each([
  ['503', () => problem(503)],
  ['429', () => problem(429)],
  ['no network', () => new NetworkError('')],
])('the session while authentication fails with %s', (_, newError) => {
  beforeEach(() => vi.useFakeTimers());

  it('given an earlier session, when the page is loaded, then the user is not logged out and the session is restored later', async () => {
    localStorage.setItem('signed-in', '1');
    const error = newError();
    calls.refresh.mockRejectedValue(error);
    const session = await freshSession();
    await expect(session.accessToken()).rejects.toBe(error);
    expect(session.state()).toEqual({ status: 'restoring' });
    calls.refresh.mockResolvedValue(token('restored'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(session.state()).toMatchObject({ status: 'signed-in' });
  });

  it('given an expired token, when it is refreshed, then that fails and the user stays logged in', async () => {
    const session = await freshSession();
    await session.logIn('ada@example.com', 'secret');
    const error = newError();
    calls.refresh.mockRejectedValue(error);
    await expect(session.refresh(token('first'))).rejects.toBe(error);
    expect(session.state()).toMatchObject({ status: 'signed-in' });
  });

  it('given a pending log-out, when the page is loaded again, then it is sent before anything else', async () => {
    const session = await freshSession();
    await session.logIn('ada@example.com', 'secret');
    calls.logOut.mockRejectedValue(newError());
    await expect(session.logOut()).rejects.toThrow();
    expect(session.state()).toEqual({ status: 'signed-out' });
    calls.logOut.mockReset().mockResolvedValue();
    await freshSession();
    await vi.advanceTimersByTimeAsync(0);
    expect(calls.logOut).toHaveBeenCalledOnce();
    expect(calls.refresh).not.toHaveBeenCalled();
    await freshSession();
    await vi.advanceTimersByTimeAsync(0);
    expect(calls.logOut).toHaveBeenCalledOnce();
  });

  it('given a pending log-out, when the page stays open, then it is retried later', async () => {
    const session = await freshSession();
    await session.logIn('ada@example.com', 'secret');
    calls.logOut.mockRejectedValueOnce(newError());
    await expect(session.logOut()).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls.logOut).toHaveBeenCalledTimes(2);
  });
});
