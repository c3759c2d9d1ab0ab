import { useEffect, useState, useSyncExternalStore } from 'react';
import Button from 'react-bootstrap/Button';
import { Link } from 'react-router';
import { useFocusOutlives } from '../app/focus';
import { type Notice, noticeBoard } from './notices';

export function Notices() {
  const notices = useSyncExternalStore(noticeBoard.subscribe, noticeBoard.notices);
  const spoken = useSyncExternalStore(noticeBoard.subscribe, noticeBoard.spoken);
  return (
    <>
      <div className="visually-hidden" role="status">
        {spoken}
      </div>
      <section className="notices" aria-live="polite" aria-label="Messages">
        {notices.map((notice) => (
          <NoticeToast key={notice.id} notice={notice} />
        ))}
      </section>
    </>
  );
}

const shownFor = 6000;

function NoticeToast({ notice }: { notice: Notice }) {
  const close = () => noticeBoard.close(notice.id);
  // Whoever reads it, or is about to press something in it, is not hurried.
  const [isHovered, setHovered] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const part = useFocusOutlives<HTMLDivElement>();
  const stays = notice.again !== undefined || isHovered || isFocused;
  useEffect(() => {
    if (stays) {
      return;
    }
    const timer = setTimeout(() => noticeBoard.close(notice.id), shownFor);
    return () => clearTimeout(timer);
  }, [notice.id, stays]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: nothing is pressed here, it only stays longer
    // biome-ignore lint/a11y/noNoninteractiveElementInteractions: the same
    <div
      ref={part}
      className={`notice notice-${notice.tone}`}
      onMouseEnter={() => setHovered(true)}
      onMouseLeave={() => setHovered(false)}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
    >
      <span className="notice-text">{notice.text}</span>
      {notice.link && (
        <Link className="notice-action" to={notice.link.to} onClick={close}>
          {notice.link.words}
        </Link>
      )}
      {notice.again && (
        <Button
          variant="link"
          className="notice-action"
          onClick={() => {
            close();
            notice.again?.();
          }}
        >
          Try again
        </Button>
      )}
      <button type="button" className="btn-close" aria-label="Close this message" onClick={close} />
    </div>
  );
}
