import { type RefObject, useLayoutEffect, useRef } from 'react';
import { moveFocus } from './focus';

type AppendFocus<List extends HTMLElement> = { listRef: RefObject<List | null>; rememberFocus: () => void };

/**
 * Moves the focus to the first new item after a list has grown, because the button that was pressed moves down
 * or disappears. Call `rememberFocus` before fetching more items.
 */
export function useAppendFocus<List extends HTMLElement>(length: number): AppendFocus<List> {
  const listRef = useRef<List>(null);
  const remembered = useRef<{ length: number; focused: Element | null } | null>(null);
  useLayoutEffect(() => {
    const before = remembered.current;
    if (before === null || length <= before.length) {
      return;
    }
    remembered.current = null;
    const focused = document.activeElement;
    // If the user has focused something else meanwhile, the focus stays there.
    if (focused === before.focused || focused === document.body) {
      moveFocus(listRef.current?.children[before.length]?.querySelector('a'));
    }
  }, [length]);
  const rememberFocus = () => {
    remembered.current = { length, focused: document.activeElement };
  };
  return { listRef, rememberFocus };
}
