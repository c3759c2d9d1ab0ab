import { type RefObject, useLayoutEffect, useRef } from 'react';

/** Moves the focus to the element, or to the main content if there is none. */
export function moveFocus(element: HTMLElement | null | undefined): void {
  (element ?? document.getElementById('content'))?.focus();
}

/** For elements that disappear when something in them is pressed: the focus then moves to the main content. */
export function useFocusFallback<Container extends HTMLElement>(): RefObject<Container | null> {
  const container = useRef<Container>(null);
  useLayoutEffect(() => {
    const element = container.current;
    // The cleanup of a layout effect runs while the element is still in the document.
    return () => {
      if (element?.contains(document.activeElement)) {
        moveFocus(null);
      }
    };
  }, []);
  return container;
}
