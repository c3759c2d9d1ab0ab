import { useEffect, useState } from 'react';
import Button from 'react-bootstrap/Button';
import { Link } from 'react-router';
import { useFocusFallback } from '../focus/focus';
import { useStore } from '../store';
import { announcement, closeNotice, type Notice, notices } from './noticeStore';

export function Notices() {
  return (
    <>
      <div className="visually-hidden" role="status">
        {useStore(announcement)}
      </div>
      <section className="notices" aria-live="polite" aria-label="Messages">
        {useStore(notices).map((notice) => (
          <NoticeToast key={notice.id} notice={notice} />
        ))}
      </section>
    </>
  );
}

const VISIBLE_MS = 6000;

function NoticeToast({ notice }: { notice: Notice }) {
  const close = () => closeNotice(notice.id);
  const [isHovered, setHovered] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const container = useFocusFallback<HTMLDivElement>();
  // A notice that is being read or used does not close.
  const staysOpen = notice.retry !== undefined || isHovered || isFocused;
  useEffect(() => {
    if (staysOpen) {
      return;
    }
    const timer = setTimeout(() => closeNotice(notice.id), VISIBLE_MS);
    return () => clearTimeout(timer);
  }, [notice.id, staysOpen]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hover and focus only keep the notice open
    // biome-ignore lint/a11y/noNoninteractiveElementInteractions: the same
    <div
      ref={container}
      className={`notice notice-${notice.severity}`}
      onMouseEnter={() => setHovered(true)}
      onMouseLeave={() => setHovered(false)}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
    >
      <span className="notice-text">{notice.text}</span>
      {notice.link && (
        <Link className="notice-action" to={notice.link.to} onClick={close}>
          {notice.link.label}
        </Link>
      )}
      {notice.retry && (
        <Button
          variant="link"
          className="notice-action"
          onClick={() => {
            close();
            notice.retry?.();
          }}
        >
          Try again
        </Button>
      )}
      <button type="button" className="btn-close" aria-label="Close this message" onClick={close} />
    </div>
  );
}
