/** Puts the focus where reading goes on when what had it is gone: there, or at the beginning of the page. */
export function focusOn(element: HTMLElement | null | undefined): void {
  (element ?? document.getElementById('content'))?.focus();
}
