import { useEffect, useState } from 'react';

const pauseWhileTyping = 200;

type Props = { label: string; className: string; q: string; search: (q: string) => void };

/** What is typed is searched for when the typing pauses. */
export function SearchField({ label, className, q, search }: Props) {
  const [typed, setTyped] = useState(q);
  const [asked, setAsked] = useState(q);
  // Changed by another way than typing: back, forward, a link.
  if (q !== asked) {
    setAsked(q);
    // Otherwise somebody types on while what they typed before is searched for.
    if (typed.trim() === asked) {
      setTyped(q);
    }
  }
  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === q) {
      return;
    }
    const timer = setTimeout(() => search(wanted), pauseWhileTyping);
    return () => clearTimeout(timer);
  }, [typed, q, search]);
  return (
    <input
      type="search"
      className={`form-control ${className}`}
      placeholder={label}
      aria-label={label}
      autoComplete="off"
      maxLength={200}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}
