import { type RefObject, useLayoutEffect, useRef } from 'react';
import { focusOn } from './focus';

type GrowingList<List extends HTMLElement> = { list: RefObject<List | null>; willGrow: () => void };

/**
 * A list that grows when it is asked to. The focus goes on at the first that is new, because the button that
 * was pressed moves away, and goes when there is no more.
 */
export function useGrowingList<List extends HTMLElement>(shown: number): GrowingList<List> {
  const list = useRef<List>(null);
  const asked = useRef<{ from: number; by: Element | null } | null>(null);
  useLayoutEffect(() => {
    const now = asked.current;
    if (now === null || shown <= now.from) {
      return;
    }
    asked.current = null;
    const focused = document.activeElement;
    // Whoever has gone elsewhere meanwhile stays there.
    if (focused === now.by || focused === document.body) {
      focusOn(list.current?.children[now.from]?.querySelector('a'));
    }
  }, [shown]);
  const willGrow = () => {
    asked.current = { from: shown, by: document.activeElement };
  };
  return { list, willGrow };
}
