import { afterEach, expect, it, vi } from 'vitest';
import { restockKeys } from './restockKeys';

afterEach(() => vi.useRealTimers());

it('given a restocking without an answer, when the same is tried again, then it has the same key until it is done', () => {
  const first = restockKeys.keyFor('chair', 5);
  expect(restockKeys.keyFor('lamp', 5)).not.toBe(first);
  const another = restockKeys.keyFor('chair', 6);
  expect(another).not.toBe(first);
  restockKeys.done('chair', 6);
  expect(restockKeys.keyFor('chair', 5)).toBe(first);
  restockKeys.done('chair', 5);
  expect(restockKeys.keyFor('chair', 5)).not.toBe(first);
});

it('given a restocking without an answer, when the same comes in long after, then it is a new one', () => {
  vi.useFakeTimers();
  const first = restockKeys.keyFor('kettle', 10);
  vi.advanceTimersByTime(11 * 60_000);
  expect(restockKeys.keyFor('kettle', 10)).not.toBe(first);
});
