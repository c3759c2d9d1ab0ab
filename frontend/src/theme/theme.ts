import { useSyncExternalStore } from 'react';
import { storage } from '../storage';

export type ThemeChoice = 'light' | 'dark' | 'system';

/** The same key that `public/before-paint.js` reads. */
const place = 'theme';
const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
let choice: ThemeChoice = stored();

export function useThemeChoice(): [ThemeChoice, (choice: ThemeChoice) => void] {
  return [useSyncExternalStore(subscribe, () => choice), choose];
}

function choose(next: ThemeChoice): void {
  choice = next;
  storage.write(place, next);
  show();
}

function show(): void {
  const dark = choice === 'dark' || (choice === 'system' && systemIsDark.matches);
  document.documentElement.dataset['bsTheme'] = dark ? 'dark' : 'light';
  for (const listener of listeners) {
    listener();
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function stored(): ThemeChoice {
  const text = storage.read(place);
  return text === 'light' || text === 'dark' ? text : 'system';
}

systemIsDark.addEventListener('change', show);
window.addEventListener('storage', (event) => {
  if (event.key === place) {
    choice = stored();
    show();
  }
});
