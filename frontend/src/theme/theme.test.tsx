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
])('given %j in the storage, when the colours are chosen by it, then it is %s', async (kept, chosen) => {
  localStorage.setItem('theme', kept);
  const { ThemeChoice } = await import('./ThemeChoice');
  render(<ThemeChoice />);
  expect(screen.getByRole('button', { pressed: true })).toHaveTextContent(chosen);
});
