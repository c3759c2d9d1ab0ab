import { Store } from '../store';

export type Notice = {
  id: number;
  text: string;
  severity: 'success' | 'error';
  link?: { to: string; label: string };
  /** A notice with a retry stays until it is closed. */
  retry?: () => void;
};

const MAX_NOTICES = 3;

export const notices = new Store<readonly Notice[]>([]);
/** What screen readers announce. */
export const announcement = new Store('');
let lastId = 0;

/** Shows a short message in the corner, and announces it. It replaces a message with the same text. */
export function notify(notice: Omit<Notice, 'id'>): void {
  lastId += 1;
  const others = notices.get().filter((other) => other.text !== notice.text);
  notices.set([...others.slice(1 - MAX_NOTICES), { ...notice, id: lastId }]);
}

export function closeNotice(id: number): void {
  notices.set(notices.get().filter((notice) => notice.id !== id));
}

/** Announces to screen readers what the page already shows. */
export function announce(text: string): void {
  announcement.set(text);
}
