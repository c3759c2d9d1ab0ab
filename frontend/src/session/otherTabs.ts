/** What tabs of one browser tell each other about their common session. */
export type Word = { kind: 'signed-in'; accessToken: string } | { kind: 'signed-out' };

const channel = new BroadcastChannel('session');

export const otherTabs = {
  tell: (word: Word): void => channel.postMessage(word),
  listen(heard: (word: Word) => void): void {
    channel.addEventListener('message', (event: MessageEvent<Word>) => heard(event.data));
  },
  /** One tab at a time, so that a refresh token is never spent twice. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    // Locks exist only on a secure origin; elsewhere the ten seconds of grace that the shop gives must do.
    return 'locks' in navigator ? await navigator.locks.request('session', work) : await work();
  },
};
