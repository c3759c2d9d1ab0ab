import { ApiProblem } from '../api/problem';
import { type AccessToken, type Me, readAccessToken } from './accessToken';
import { otherTabs } from './otherTabs';
import * as tokens from './tokens';

export type SessionState = { status: 'restoring' } | { status: 'visitor' } | { status: 'signed-in'; me: Me };

/** Not a secret: it only says that asking for the session is worth a call. */
const hint = 'signed-in';
const secondsBeforeExpiry = 30;

let state: SessionState = { status: hinted() ? 'restoring' : 'visitor' };
let token: AccessToken | null = null;
let renewing: Promise<string | null> | null = null;
let timer: number | undefined;
const listeners = new Set<() => void>();

export const session = {
  state: (): SessionState => state,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },

  /** The token for the next call, once it is known whether there is one. */
  accessToken(): Promise<string | null> {
    if (token !== null) {
      return Promise.resolve(token.value);
    }
    return state.status === 'restoring' ? session.renew(null) : Promise.resolve(null);
  },

  /** A token other than the spent one. However many calls wait for it, it is asked for once. */
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

  /** Brings back a session that could not be asked for while the shop was away. */
  async restore(): Promise<void> {
    if (token === null && hinted()) {
      await session.renew(null);
    }
  },

  async logIn(email: string, password: string): Promise<void> {
    adopt(await tokens.logIn(email, password));
  },

  async register(email: string, password: string): Promise<void> {
    await tokens.register(email, password);
    await session.logIn(email, password);
  },

  async logOut(): Promise<void> {
    signOut();
    otherTabs.tell({ kind: 'signed-out' });
    await otherTabs.inTurn(tokens.logOut);
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
    const renewed = await tokens.renew();
    // Whoever logged out while this was under way stays logged out.
    return hinted() ? adopt(renewed) : null;
  } catch (error) {
    if (error instanceof ApiProblem && error.status < 429) {
      signOut();
    } else if (state.status === 'restoring') {
      // Nobody to ask. The hint stays, so that the session comes back with the shop.
      enter({ status: 'visitor' });
    }
    return null;
  }
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
  localStorage.setItem(hint, '1');
  window.clearTimeout(timer);
  const early = secondsBeforeExpiry + Math.random() * 5;
  timer = window.setTimeout(
    () => void session.renew(read.value),
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
  localStorage.removeItem(hint);
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
  try {
    return localStorage.getItem(hint) !== null;
  } catch {
    return false;
  }
}

if (state.status === 'restoring') {
  void session.renew(null);
}

otherTabs.listen((word) => {
  if (word.kind === 'signed-in') {
    take(word.accessToken);
  } else {
    signOut();
  }
});
