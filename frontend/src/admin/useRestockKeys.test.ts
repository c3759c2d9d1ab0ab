import { expect, it } from 'vitest';
import { restockKeys } from './useRestockKeys';

it('given a restocking without an answer, when the same is tried again, then it has the same key until it is done', () => {
  const keys = restockKeys();
  const first = keys.keyFor('chair', 5);
  expect(keys.keyFor('chair', 5)).toBe(first);
  expect(keys.keyFor('lamp', 5)).not.toBe(first);
  expect(keys.keyFor('chair', 6)).not.toBe(first);
  keys.done('lamp');
  const last = keys.keyFor('chair', 6);
  keys.done('chair');
  expect(keys.keyFor('chair', 6)).not.toBe(last);
});
