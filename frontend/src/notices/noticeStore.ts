export type Notice = {
  id: number;
  text: string;
  severity: 'success' | 'error';
  link?: { to: string; label: string };
  /** A notice with a retry stays until it is closed. */
  retry?: () => void;
};

const MAX_NOTICES = 3;

let notices: readonly Notice[] = [];
let announcement = '';
let lastId = 0;
const listeners = new Set<() => void>();

export const noticeStore = {
  notices: (): readonly Notice[] => notices,
  announcement: (): string => announcement,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  close(id: number): void {
    notices = notices.filter((notice) => notice.id !== id);
    notifyListeners();
  },
};

/** Shows a short message in the corner, and announces it. It replaces a message with the same text. */
export function notify(notice: Omit<Notice, 'id'>): void {
  lastId += 1;
  const others = notices.filter((other) => other.text !== notice.text);
  notices = [...others.slice(1 - MAX_NOTICES), { ...notice, id: lastId }];
  notifyListeners();
}

/** Announces to screen readers what the page already shows. */
export function announce(text: string): void {
  announcement = text;
  notifyListeners();
}

function notifyListeners(): void {
  for (const listener of listeners) {
    listener();
  }
}
