import { useEffect, useState } from 'react';

const DEBOUNCE_MS = 200;

type Props = { label: string; q: string; search: (q: string) => void };

/** A search input that calls `search` when the user pauses typing. */
export function SearchField({ label, q, search }: Props) {
  const [typed, setTyped] = useState(q);
  const [lastQuery, setLastQuery] = useState(q);
  if (q !== lastQuery) {
    setLastQuery(q);
    // Navigation has changed the query. If the user has typed more since, the input must not be overwritten.
    if (typed.trim() === lastQuery) {
      setTyped(q);
    }
  }
  useEffect(() => {
    const query = typed.trim();
    if (query === q) {
      return;
    }
    const timer = setTimeout(() => search(query), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [typed, q, search]);
  return (
    <input
      type="search"
      className="form-control"
      placeholder={label}
      aria-label={label}
      autoComplete="off"
      maxLength={200}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}
