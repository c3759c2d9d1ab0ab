import '@testing-library/jest-dom/vitest';
import { cleanup } from '@testing-library/react';
import { afterEach, expect } from 'vitest';

/** Every test fails that leaves a console error or warning here. */
const consoleMessages: string[] = [];
for (const level of ['error', 'warn'] as const) {
  console[level] = (...args: unknown[]) => consoleMessages.push(args.map(String).join(' '));
}

afterEach(() => {
  cleanup();
  localStorage.clear();
  sessionStorage.clear();
  expect(consoleMessages.splice(0)).toEqual([]);
});
