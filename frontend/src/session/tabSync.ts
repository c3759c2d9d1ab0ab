/** A message between the tabs of a browser about their shared session. */
export type TabMessage = { kind: 'signed-in'; accessToken: string } | { kind: 'signed-out' };

const channel = new BroadcastChannel('session');

export const tabSync = {
  broadcast: (message: TabMessage): void => channel.postMessage(message),
  listen(onMessage: (message: TabMessage) => void): void {
    channel.addEventListener('message', (event: MessageEvent<TabMessage>) => onMessage(event.data));
  },
  /** Runs one task at a time across all tabs, so that no refresh token is used twice. */
  async withLock<T>(task: () => Promise<T>): Promise<T> {
    // Locks exist only in secure contexts. Elsewhere, two tabs get the same new token.
    return 'locks' in navigator ? await navigator.locks.request('session', task) : await task();
  },
};
