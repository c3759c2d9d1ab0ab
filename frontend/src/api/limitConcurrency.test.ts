import { expect, it } from 'vitest';
import { limitConcurrency } from './limitConcurrency';

it('given more tasks than may run concurrently, when some end or fail, then the others follow and none is lost', async () => {
  const limited = limitConcurrency(2);
  let running = 0;
  let maxRunning = 0;
  const task = (index: number) => async () => {
    running += 1;
    maxRunning = Math.max(maxRunning, running);
    await Promise.resolve();
    running -= 1;
    if (index === 1) {
      throw new Error('one fails');
    }
    return index;
  };
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map((index) => limited(task(index))));
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
  expect(maxRunning).toBe(2);
});
