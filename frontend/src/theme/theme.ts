import { storage } from '../storage';
import { Store, useStore } from '../store';

export type ThemeChoice = 'light' | 'dark' | 'system';

/** `public/before-paint.js` reads the same key. */
const STORAGE_KEY = 'theme';
const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)');
const choice = new Store(readChoice());

export function useThemeChoice(): [ThemeChoice, (choice: ThemeChoice) => void] {
  return [useStore(choice), choose];
}

function choose(next: ThemeChoice): void {
  choice.set(next);
  storage.write(STORAGE_KEY, next);
  applyTheme();
}

function applyTheme(): void {
  const dark = choice.get() === 'dark' || (choice.get() === 'system' && systemIsDark.matches);
  document.documentElement.dataset['bsTheme'] = dark ? 'dark' : 'light';
}

function readChoice(): ThemeChoice {
  const value = storage.read(STORAGE_KEY);
  return value === 'light' || value === 'dark' ? value : 'system';
}

systemIsDark.addEventListener('change', applyTheme);
window.addEventListener('storage', (event) => {
  if (event.key === STORAGE_KEY) {
    choice.set(readChoice());
    applyTheme();
  }
});
