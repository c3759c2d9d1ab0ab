/** Returns a function that runs at most `max` tasks concurrently and queues the others. */
export function limitConcurrency(max: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const queue: (() => void)[] = [];
  return async (task) => {
    if (running === max) {
      await new Promise<void>((start) => queue.push(start));
    } else {
      running += 1;
    }
    try {
      return await task();
    } finally {
      const startNext = queue.shift();
      // A queued task takes over the slot, so `running` stays the same.
      if (startNext === undefined) {
        running -= 1;
      } else {
        startNext();
      }
    }
  };
}
