import { afterEach, expect, it, vi } from 'vitest';
import { restockKeys } from './restockKeys';

afterEach(() => vi.useRealTimers());

it('given a restock without a response, when the same is sent again, then it has the same key until it has succeeded', () => {
  const first = restockKeys.keyFor('chair', 5);
  expect(restockKeys.keyFor('lamp', 5)).not.toBe(first);
  const another = restockKeys.keyFor('chair', 6);
  expect(another).not.toBe(first);
  restockKeys.discard('chair', 6);
  expect(restockKeys.keyFor('chair', 5)).toBe(first);
  restockKeys.discard('chair', 5);
  expect(restockKeys.keyFor('chair', 5)).not.toBe(first);
});

it('given a restock without a response, when the same is sent much later, then it has a new key', () => {
  vi.useFakeTimers();
  const first = restockKeys.keyFor('kettle', 10);
  vi.advanceTimersByTime(11 * 60_000);
  expect(restockKeys.keyFor('kettle', 10)).not.toBe(first);
});
