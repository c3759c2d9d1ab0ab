import { render, screen } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';

beforeEach(() => {
  vi.resetModules();
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined }));
});

it.each([
  ['dark', 'Dark'],
  ['purple', 'Automatic'],
  ['{"version":1}', 'Automatic'],
  ['', 'Automatic'],
])('given %j in the storage, when the page is loaded, then the theme is %s', async (stored, label) => {
  localStorage.setItem('theme', stored);
  const { ThemeChoice } = await import('./ThemeChoice');
  render(<ThemeChoice />);
  expect(screen.getByRole('button', { pressed: true })).toHaveTextContent(label);
});
