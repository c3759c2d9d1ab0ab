import { useSyncExternalStore } from 'react';

/** Whether the page can be seen: not in a tab behind another, not minimised. */
export function useIsSeen(): boolean {
  return useSyncExternalStore(subscribe, () => !document.hidden);
}

function subscribe(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
}
