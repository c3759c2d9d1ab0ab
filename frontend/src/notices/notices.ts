export type Notice = {
  id: number;
  text: string;
  tone: 'good' | 'bad';
  link?: { to: string; words: string };
  /** Such a notice stays until it is answered or closed. */
  again?: () => void;
};

let notices: readonly Notice[] = [];
let spoken = '';
let lastId = 0;
const listeners = new Set<() => void>();

export const noticeBoard = {
  notices: (): readonly Notice[] => notices,
  spoken: (): string => spoken,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  close(id: number): void {
    notices = notices.filter((notice) => notice.id !== id);
    tell();
  },
};

/** Shows a short message in the corner, which is read out too. The same text twice is one message. */
export function notify(notice: Omit<Notice, 'id'>): void {
  lastId += 1;
  const others = notices.filter((other) => other.text !== notice.text);
  notices = [...others.slice(-2), { ...notice, id: lastId }];
  tell();
}

/** Says something to those who hear the page, when those who see it can see it already. */
export function announce(text: string): void {
  spoken = text;
  tell();
}

function tell(): void {
  for (const listener of listeners) {
    listener();
  }
}
