import { expect, it } from 'vitest';
import { atMost } from './atMost';

it('given more works than may run at once, when some end or fail, then the others follow and none is lost', async () => {
  const inTurn = atMost(2);
  let running = 0;
  let mostRunning = 0;
  const work = (index: number) => async () => {
    running += 1;
    mostRunning = Math.max(mostRunning, running);
    await Promise.resolve();
    running -= 1;
    if (index === 1) {
      throw new Error('one fails');
    }
    return index;
  };
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map((index) => inTurn(work(index))));
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
  expect(mostRunning).toBe(2);
});
