import { ApiProblem } from '../api/problem';
import { storage } from '../storage';
import { type AccessToken, type Me, readAccessToken } from './accessToken';
import { otherTabs } from './otherTabs';
import * as tokens from './tokens';

export type SessionState = { status: 'restoring' } | { status: 'visitor' } | { status: 'signed-in'; me: Me };

/** Not a secret: it only says that asking for the session is worth a call. */
const hint = 'signed-in';
/** The shop has not heard yet that somebody logged out here. */
const owed = 'log-out-owed';
/** A renewal has begun, and its answer has not been seen. */
const unseen = 'renewal-unseen';
const secondsBeforeExpiry = 30;
const secondsBetweenTries = 5;

let state: SessionState = { status: hinted() ? 'restoring' : 'visitor' };
let token: AccessToken | null = null;
/** What another tab has told and this one does not know to be true yet. */
let told: string | null = null;
let renewing: Promise<string | null> | null = null;
let timer: number | undefined;
const listeners = new Set<() => void>();

export const session = {
  state: (): SessionState => state,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },

  /** The token for the next call; none for a visitor. Throws while it cannot be known whether there is one. */
  accessToken(): Promise<string | null> {
    if (token !== null) {
      return Promise.resolve(token.value);
    }
    return state.status === 'restoring' ? session.renew(null) : Promise.resolve(null);
  },

  /**
   * A token other than the spent one; none for whoever is logged out. However many calls wait for it, it is
   * asked for once. Throws when the shop cannot say: nobody is logged out by an outage.
   */
  renew(spent: string | null): Promise<string | null> {
    if (token !== null && token.value !== spent) {
      return Promise.resolve(token.value);
    }
    renewing ??= otherTabs
      .inTurn(() => renewUnlessAnotherTabDid(spent))
      .finally(() => {
        renewing = null;
      });
    return renewing;
  },

  /** Makes up for what could not be asked or told while the shop was away. */
  async restore(): Promise<void> {
    try {
      await payLogOut();
      if (token === null && hinted()) {
        await session.renew(null);
      }
    } catch {
      // It is tried again.
    }
  },

  async logIn(email: string, password: string): Promise<void> {
    // After a renewal or a log-out that is under way: their cookies must not come after this one's.
    await otherTabs.inTurn(async () => {
      const value = await tokens.logIn(email, password);
      // The cookie of the session that was to be ended is replaced.
      storage.remove(owed);
      adopt(value);
    });
  },

  register: tokens.register,

  /** This browser forgets the session at once. Throws when the shop could not be told; it will be. */
  async logOut(): Promise<void> {
    signOut();
    storage.write(owed, '1');
    otherTabs.tell({ kind: 'signed-out' });
    await payLogOut();
  },
};

async function renewUnlessAnotherTabDid(spent: string | null): Promise<string | null> {
  if (token !== null && token.value !== spent) {
    return token.value;
  }
  if (!hinted()) {
    signOut();
    return null;
  }
  try {
    const renewed = await renewThroughReloads();
    // Whoever logged out while this was under way stays logged out.
    return hinted() ? adopt(renewed) : null;
  } catch (error) {
    if (isRefusal(error)) {
      signOut();
      return null;
    }
    tryLater(() => session.renew(spent), error);
    throw error;
  }
}

/**
 * A renewal whose answer was not seen, because the page was left or the connection lost, may have spent the
 * token, and the new one may still be on its way into the cookie. So a refusal is not believed at once; the
 * shop forgives a spent token for ten seconds.
 */
async function renewThroughReloads(): Promise<string> {
  const pauses = storage.read(unseen) === null ? [] : [300, 700, 1500, 3000];
  storage.write(unseen, '1');
  for (;;) {
    try {
      const renewed = await tokens.renew();
      storage.remove(unseen);
      return renewed;
    } catch (error) {
      const pause = pauses.shift();
      if (!isRefusal(error)) {
        throw error;
      }
      if (pause === undefined) {
        storage.remove(unseen);
        throw error;
      }
      await new Promise((wake) => setTimeout(wake, pause));
    }
  }
}

async function payLogOut(): Promise<void> {
  await otherTabs.inTurn(async () => {
    if (storage.read(owed) === null) {
      return;
    }
    try {
      await tokens.logOut();
    } catch (error) {
      if (!isRefusal(error)) {
        tryLater(payLogOut, error);
        throw error;
      }
    }
    storage.remove(owed);
  });
}

/** The shop has answered for good; anything else may pass. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiProblem && error.status < 429;
}

function tryLater(again: () => Promise<unknown>, error: unknown): void {
  const wished = error instanceof ApiProblem ? error.retryAfterSeconds : null;
  window.clearTimeout(timer);
  timer = window.setTimeout(
    () => void again().catch(() => undefined),
    Math.max(secondsBetweenTries, wished ?? 0) * 1000,
  );
}

function adopt(value: string): string {
  take(value);
  otherTabs.tell({ kind: 'signed-in', accessToken: value });
  return value;
}

function take(value: string): void {
  const read = readAccessToken(value);
  if (read === null) {
    signOut();
    return;
  }
  token = read;
  storage.write(hint, '1');
  window.clearTimeout(timer);
  const early = secondsBeforeExpiry + Math.random() * 5;
  timer = window.setTimeout(
    () => void session.renew(read.value).catch(() => undefined),
    Math.max(1, read.lifetimeSeconds - early) * 1000,
  );
  const same =
    state.status === 'signed-in' && state.me.email === read.me.email && state.me.role === read.me.role;
  if (!same) {
    enter({ status: 'signed-in', me: read.me });
  }
}

function signOut(): void {
  token = null;
  window.clearTimeout(timer);
  storage.remove(hint);
  if (state.status !== 'visitor') {
    enter({ status: 'visitor' });
  }
}

function enter(next: SessionState): void {
  state = next;
  for (const listener of listeners) {
    listener();
  }
}

function hinted(): boolean {
  return storage.read(hint) !== null;
}

if (hinted() || storage.read(owed) !== null) {
  void session.restore();
}

otherTabs.listen((word) => {
  if (word.kind === 'signed-out') {
    told = null;
    signOut();
  } else {
    told = word.accessToken;
    takeTold();
  }
});

// A word between tabs can be quicker than the storage that they share.
window.addEventListener('storage', (event) => {
  if (event.key === hint) {
    takeTold();
  }
});

/** Whoever told a token has left the hint first; without it somebody has logged out since. */
function takeTold(): void {
  if (told !== null && hinted()) {
    take(told);
    told = null;
  }
}
