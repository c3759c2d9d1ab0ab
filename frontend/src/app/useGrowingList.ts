import { type RefObject, useEffect, useRef } from 'react';
import { focusOn } from './focus';

type GrowingList<List extends HTMLElement> = { list: RefObject<List | null>; willGrow: () => void };

/**
 * A list that grows when it is asked to. The focus goes on at the first that is new, because the button that
 * was pressed moves away, and goes when there is no more.
 */
export function useGrowingList<List extends HTMLElement>(shown: number): GrowingList<List> {
  const list = useRef<List>(null);
  const from = useRef<number | null>(null);
  useEffect(() => {
    if (from.current !== null && shown > from.current) {
      focusOn(list.current?.children[from.current]?.querySelector('a'));
      from.current = null;
    }
  }, [shown]);
  const willGrow = () => {
    from.current = shown;
  };
  return { list, willGrow };
}
