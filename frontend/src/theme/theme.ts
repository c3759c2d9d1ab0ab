import { useSyncExternalStore } from 'react';
import { storage } from '../storage';

export type ThemeChoice = 'light' | 'dark' | 'system';

/** `public/before-paint.js` reads the same key. */
const STORAGE_KEY = 'theme';
const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
let choice: ThemeChoice = readChoice();

export function useThemeChoice(): [ThemeChoice, (choice: ThemeChoice) => void] {
  return [useSyncExternalStore(subscribe, () => choice), choose];
}

function choose(next: ThemeChoice): void {
  choice = next;
  storage.write(STORAGE_KEY, next);
  applyTheme();
}

function applyTheme(): void {
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

function readChoice(): ThemeChoice {
  const value = storage.read(STORAGE_KEY);
  return value === 'light' || value === 'dark' ? value : 'system';
}

systemIsDark.addEventListener('change', applyTheme);
window.addEventListener('storage', (event) => {
  if (event.key === STORAGE_KEY) {
    choice = readChoice();
    applyTheme();
  }
});
