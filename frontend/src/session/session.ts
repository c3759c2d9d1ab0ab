import { ApiProblem } from '../api/problem';
import { storage } from '../storage';
import { Store } from '../store';
import { type AccessToken, type Me, readAccessToken } from './accessToken';
import * as authApi from './authApi';
import { tabSync } from './tabSync';

export type SessionState =
  | { status: 'restoring' }
  | { status: 'signed-out' }
  | { status: 'signed-in'; me: Me };

/** A hint that this browser has a session cookie, so that visitors send no refresh request. */
const SIGNED_IN_KEY = 'signed-in';
/** The user has logged out here, but the shop has not confirmed it yet. */
const PENDING_LOG_OUT_KEY = 'log-out-owed';
const REFRESH_BEFORE_EXPIRY_SECONDS = 30;
const RETRY_DELAY_SECONDS = 5;

const state = new Store<SessionState>({ status: hasSessionHint() ? 'restoring' : 'signed-out' });
let token: AccessToken | null = null;
/** A token from another tab, which may have logged out since. See `acceptBroadcastToken`. */
let broadcastToken: string | null = null;
let refreshInFlight: Promise<string | null> | null = null;
/** For the next scheduled refresh or retry. */
let timer: number | undefined;

export const session = {
  state: state.get,
  subscribe: state.subscribe,

  /** The access token, or null for a visitor. Throws while the session cannot be restored. */
  accessToken(): Promise<string | null> {
    if (token !== null) {
      return Promise.resolve(token.value);
    }
    return state.get().status === 'restoring' ? session.refresh(null) : Promise.resolve(null);
  },

  /**
   * A token other than the expired one, or null if the user is logged out. Concurrent calls share one request.
   * Throws when the shop is unavailable: an outage never logs a user out.
   */
  refresh(expired: string | null): Promise<string | null> {
    if (token !== null && token.value !== expired) {
      return Promise.resolve(token.value);
    }
    refreshInFlight ??= tabSync
      .withLock(() => refreshUnlessDone(expired))
      .finally(() => {
        refreshInFlight = null;
      });
    return refreshInFlight;
  },

  /** Catches up after an outage: sends a pending log-out, and restores the session. */
  async restore(): Promise<void> {
    try {
      await sendPendingLogOut();
      if (token === null && hasSessionHint()) {
        await session.refresh(null);
      }
    } catch {
      // Both schedule a retry.
    }
  },

  async logIn(email: string, password: string): Promise<void> {
    // Under the lock, so that the cookie of a concurrent refresh or log-out cannot replace the new one.
    await tabSync.withLock(async () => {
      const value = await authApi.logIn(email, password);
      // The new cookie has replaced that of the session to be logged out.
      storage.remove(PENDING_LOG_OUT_KEY);
      acceptAndBroadcast(value);
    });
  },

  register: authApi.register,

  /** Ends the session in this browser immediately. Throws when the shop is unavailable; it is then retried. */
  async logOut(): Promise<void> {
    signOut();
    storage.write(PENDING_LOG_OUT_KEY, '1');
    tabSync.broadcast({ kind: 'signed-out' });
    await sendPendingLogOut();
  },
};

async function refreshUnlessDone(expired: string | null): Promise<string | null> {
  // Another tab may have refreshed, or logged out, while this one waited for the lock.
  if (token !== null && token.value !== expired) {
    return token.value;
  }
  if (!hasSessionHint()) {
    signOut();
    return null;
  }
  try {
    // If the last response was lost, the shop repeats it for ten seconds.
    const value = await authApi.refresh();
    // The user may have logged out meanwhile.
    return hasSessionHint() ? acceptAndBroadcast(value) : null;
  } catch (error) {
    if (isRefusal(error)) {
      signOut();
      return null;
    }
    retryLater(() => session.refresh(expired), error);
    throw error;
  }
}

async function sendPendingLogOut(): Promise<void> {
  await tabSync.withLock(async () => {
    if (storage.read(PENDING_LOG_OUT_KEY) === null) {
      return;
    }
    try {
      await authApi.logOut();
    } catch (error) {
      if (!isRefusal(error)) {
        retryLater(sendPendingLogOut, error);
        throw error;
      }
    }
    storage.remove(PENDING_LOG_OUT_KEY);
  });
}

/** Whether the shop has refused permanently. Other errors may be temporary. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiProblem && error.status < 429;
}

function retryLater(retry: () => Promise<unknown>, error: unknown): void {
  const retryAfter = error instanceof ApiProblem ? error.retryAfterSeconds : null;
  window.clearTimeout(timer);
  timer = window.setTimeout(
    () => void retry().catch(() => undefined),
    Math.max(RETRY_DELAY_SECONDS, retryAfter ?? 0) * 1000,
  );
}

function acceptAndBroadcast(value: string): string {
  accept(value);
  tabSync.broadcast({ kind: 'signed-in', accessToken: value });
  return value;
}

function accept(value: string): void {
  const accepted = readAccessToken(value);
  if (accepted === null) {
    signOut();
    return;
  }
  token = accepted;
  storage.write(SIGNED_IN_KEY, '1');
  window.clearTimeout(timer);
  // Random, so that the tabs do not all refresh at the same time.
  const early = REFRESH_BEFORE_EXPIRY_SECONDS + Math.random() * 5;
  timer = window.setTimeout(
    () => void session.refresh(accepted.value).catch(() => undefined),
    Math.max(1, accepted.lifetimeSeconds - early) * 1000,
  );
  const { me } = accepted;
  const before = state.get();
  const isSameUser =
    before.status === 'signed-in' && before.me.email === me.email && before.me.role === me.role;
  if (!isSameUser) {
    state.set({ status: 'signed-in', me });
  }
}

function signOut(): void {
  token = null;
  window.clearTimeout(timer);
  storage.remove(SIGNED_IN_KEY);
  if (state.get().status !== 'signed-out') {
    state.set({ status: 'signed-out' });
  }
}

function hasSessionHint(): boolean {
  return storage.read(SIGNED_IN_KEY) !== null;
}

if (hasSessionHint() || storage.read(PENDING_LOG_OUT_KEY) !== null) {
  void session.restore();
}

tabSync.listen((message) => {
  if (message.kind === 'signed-out') {
    broadcastToken = null;
    signOut();
  } else {
    broadcastToken = message.accessToken;
    acceptBroadcastToken();
  }
});

// A broadcast can arrive before the change of the shared storage.
window.addEventListener('storage', (event) => {
  if (event.key === SIGNED_IN_KEY) {
    acceptBroadcastToken();
  }
});

/** The sender stores the hint before it broadcasts a token. If it is missing, the user has logged out since. */
function acceptBroadcastToken(): void {
  if (broadcastToken !== null && hasSessionHint()) {
    accept(broadcastToken);
    broadcastToken = null;
  }
}
