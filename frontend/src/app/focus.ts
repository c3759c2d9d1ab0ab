import { type RefObject, useLayoutEffect, useRef } from 'react';

/** Puts the focus where reading goes on when what had it is gone: there, or at the beginning of the page. */
export function focusOn(element: HTMLElement | null | undefined): void {
  (element ?? document.getElementById('content'))?.focus();
}

/** For a part that goes when something in it has been pressed: the focus does not go with it. */
export function useFocusOutlives<Part extends HTMLElement>(): RefObject<Part | null> {
  const part = useRef<Part>(null);
  useLayoutEffect(() => {
    const element = part.current;
    // Cleaned up while the part is still in the page.
    return () => {
      if (element?.contains(document.activeElement)) {
        focusOn(null);
      }
    };
  }, []);
  return part;
}
