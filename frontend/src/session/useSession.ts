import { useSyncExternalStore } from 'react';
import type { Me } from './accessToken';
import { type SessionState, session } from './session';

export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, session.state);
}

export function useMe(): Me | null {
  const state = useSession();
  return state.status === 'signed-in' ? state.me : null;
}
