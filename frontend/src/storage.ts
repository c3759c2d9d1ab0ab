/** What this browser keeps for the shop. It may be full or forbidden: then things last as long as the page. */
export const storage = {
  read(place: string): string | null {
    try {
      return localStorage.getItem(place);
    } catch {
      return null;
    }
  },
  write(place: string, text: string): void {
    try {
      localStorage.setItem(place, text);
    } catch {
      // Said above.
    }
  },
  remove(place: string): void {
    try {
      localStorage.removeItem(place);
    } catch {
      // Nothing was kept then.
    }
  },
};
